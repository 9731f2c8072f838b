//! `eid admin`: the work of those who answer for accounts, over the network.
//!
//! Commands and options are read from the protocol itself, with its comments as help: a method that is added is a command at
//! once, and none can be forgotten.

mod call;
mod fields;
mod print;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand};
use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};
use tonic::Request;

use self::fields::Fields;
use super::client::Options;
use super::office::list::code_of;
use super::refusal;
use crate::grpc::Rule;
use crate::proto::DESCRIPTORS;

/// Services whose methods are commands, each with the word before them, what they are about, and the practice caller that calls
/// them unless somebody says otherwise.
const SERVICES: [(&str, &str, &str, &str); 7] = [
    ("AdministrationService", "account", "Finds and shows accounts, masked; each look is recorded", "administrator"),
    ("ContactService", "contact", "Changes phones and e-mail addresses", "administrator"),
    ("HotlineService", "hotline", "Helps holders who cannot go on alone", "hotline"),
    (
        "AccountLifeService",
        "life",
        "Locks and unlocks accounts, takes orders and new documents, closes accounts",
        "administrator",
    ),
    ("StaffService", "staff", "Keeps the staff directory", "administrator"),
    ("StepUpService", "authenticator", "Sets up the caller's own authenticator", "administrator"),
    ("ProposalService", "proposal", "Shows what waits for a second person, approves and drops it", "administrator"),
];

const EXIT_CODES: &str = "\
Exit codes:
  0  done: the outcome is in the answer
  1  refused
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read";

const JSON: &str = "json";

/// What was asked for: a method of the protocol, and how it is filled in.
pub(super) struct Admin {
    method: MethodDescriptor,
    stem: &'static str,
    arguments: ArgMatches,
}

impl FromArgMatches for Admin {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (word, below) = matches.subcommand().ok_or_else(missing)?;
        let (name, arguments) = below.subcommand().ok_or_else(missing)?;
        let (method, stem) = method(word, name).ok_or_else(missing)?;
        Ok(Self { method, stem, arguments: arguments.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Admin {
    fn augment_subcommands(command: Command) -> Command {
        services().fold(command.subcommand_required(true), |command, (service, (_, word, about, _))| {
            let below = Command::new(word).about(about).subcommand_required(true).arg_required_else_help(true);
            command.subcommand(methods(&service).fold(below, |below, method| below.subcommand(command_of(&method))))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        SERVICES.iter().any(|(_, word, ..)| *word == name)
    }
}

/// Calls the method and prints the answer.
pub(super) async fn run(admin: &Admin, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let arguments = &admin.arguments;
    let request = match Fields::of(&admin.method.input()).message(arguments) {
        Ok(request) => request,
        Err(fault) => {
            super::complain(&fault);
            return Ok(ExitCode::from(super::USAGE));
        }
    };
    let options = Options::from_arg_matches(arguments)?;
    let channel = match options.open(admin.stem).await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    let path = format!("{}/{}", admin.method.parent_service().full_name(), admin.method.name());
    let privileged = Rule::named(&path).is_some_and(|rule| rule.step_up);
    let request = if privileged { options.privileged(admin.stem, request)? } else { Request::new(request) };
    match call::unary(channel, &path, &admin.method.output(), request).await {
        Ok(answer) if arguments.get_flag(JSON) => writeln!(out, "{}", print::json(&answer)?)?,
        Ok(answer) => print::table(out, &answer)?,
        Err(status) => {
            writeln!(out, "not done:")?;
            refusal::explain(out, &status)?;
            return Ok(ExitCode::from(code_of(&status)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn services() -> impl Iterator<Item = (ServiceDescriptor, (&'static str, &'static str, &'static str, &'static str))> {
    // The descriptors are this program's own; were they broken, there would be no commands, and the tests say so.
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap_or_default();
    let of = move |name: &str| pool.get_service_by_name(&format!("eid.issuance.v1.{name}"));
    SERVICES.into_iter().filter_map(move |entry| Some((of(entry.0)?, entry)))
}

/// Methods with one answer; streams have commands of their own.
fn methods(service: &ServiceDescriptor) -> impl Iterator<Item = MethodDescriptor> + use<> {
    let methods: Vec<_> = service.methods().collect();
    methods.into_iter().filter(|method| !method.is_client_streaming() && !method.is_server_streaming())
}

fn method(word: &str, name: &str) -> Option<(MethodDescriptor, &'static str)> {
    let (service, (.., stem)) = services().find(|(_, entry)| entry.1 == word)?;
    let found = methods(&service).find(|method| kebab(method.name()) == name);
    Some((found?, stem))
}

fn command_of(method: &MethodDescriptor) -> Command {
    let comment = fields::comment(method.parent_pool(), method.parent_file().name(), method.path());
    let (about, long) = fields::sentences(&comment);
    let json =
        Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("The answer as JSON, in the form of the protocol");
    let command = Command::new(kebab(method.name())).about(about).long_about(long).after_help(EXIT_CODES);
    let command = command.args(Fields::of(&method.input()).arguments()).arg(json);
    <Options as clap::Args>::augment_args(command)
}

/// A name of the protocol as the command line writes it: `FindAccount` is `find-account`.
fn kebab(name: &str) -> String {
    let mut written = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            written.push('-');
        }
        written.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    written
}

/// What went wrong with the protocol's own description: only a broken build has it.
fn broken<T>(found: Option<T>) -> anyhow::Result<T> {
    found.context("the protocol's description does not fit the program")
}
