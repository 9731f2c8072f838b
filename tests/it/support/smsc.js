// A message centre of the tests, on somebody else's SMPP (npm package smpp). Takes commands on its standard input and tells
// on its standard output what it gets, one JSON object on a line; `told` repeats a command that is in force from then on.
//
//   answer N     answers so many submissions from now on; more are taken and get no answer
//   throttle N   refuses so many with ESME_RTHROTTLED
//   reject N     refuses so many with ESME_RINVDSTADR
//   drop N       takes so many and drops the line instead of an answer
//   receipts N STATE   reports on each so often, with that state
'use strict';

const path = require('path');
const readline = require('readline');

const [library, certificate, key] = process.argv.slice(2);
const smpp = require(path.resolve(library));
const fs = require('fs');

const MESSAGE_ID = 0x1501;
const DEFAULTS = { answer: Infinity, throttle: 0, reject: 0, drop: 0, receipts: 0, state: 'DELIVRD' };
const orders = { ...DEFAULTS };
let names = 0;

const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');

function report(session, pdu, name) {
  const receipt = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4 };
  receipt.short_message = `id:${name} sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:${orders.state} err:000 text:`;
  session.deliver_sm(receipt, (answer) => {
    tell({ reported: name, status: answer.command_status });
    if (answer.command_status !== 0) setTimeout(() => report(session, pdu, name), 50);
  });
}

function submitted(session, pdu) {
  const name = `m${process.pid}-${++names}`;
  const udh = pdu.short_message.udh && pdu.short_message.udh.length ? pdu.short_message.udh[0] : null;
  const got = {
    submitted: pdu[MESSAGE_ID].toString('hex'),
    reference: pdu.user_message_reference,
    name,
    to: pdu.destination_addr,
    from: pdu.source_addr,
    coding: pdu.data_coding,
    validity: pdu.validity_period,
    text: pdu.short_message.message,
    part: udh ? [...udh].slice(-3) : null,
  };
  const refuse = (status) => {
    tell({ refused: got.submitted });
    session.send(pdu.response({ command_status: status }));
  };
  if (orders.throttle > 0) return orders.throttle--, refuse(smpp.ESME_RTHROTTLED);
  if (orders.reject > 0) return orders.reject--, refuse(smpp.ESME_RINVDSTADR);
  tell(got);
  if (orders.drop > 0) return orders.drop--, session.destroy();
  if (orders.answer <= 0) return undefined;
  orders.answer--;
  session.send(pdu.response({ message_id: name }));
  for (let n = 0; n < orders.receipts; n++) report(session, pdu, name);
  return undefined;
}

function serve(session) {
  session.on('error', () => session.destroy());
  session.on('bind_transceiver', (pdu) => {
    const known = pdu.system_id === 'eid' && pdu.password === 'secret12';
    session.send(pdu.response(known ? { system_id: 'tests' } : { command_status: smpp.ESME_RINVPASWD }));
    tell({ bound: known });
  });
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response(), () => session.close()));
}

const tls = certificate ? { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) } : {};
const server = smpp.createServer(tls, serve);
server.listen(0, '127.0.0.1', () => tell({ listening: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [order, count, state] = line.split(' ');
  orders[order] = count === 'all' ? Infinity : Number(count);
  if (state) orders.state = state;
  tell({ told: line });
}).on('close', () => process.exit(0));
