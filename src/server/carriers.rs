//! The carriers, made from settings: nothing is dialled yet, so that one that is away keeps nobody from starting.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::parts::read;
use crate::config::{CarrierName, Config};
use crate::notify::{Carrier, Carriers, FileCarrier, Provider, Smpp, SmppSettings, Smtp, SmtpSettings, SmtpTls};
use crate::sys::Dice;

/// By whom messages leave.
pub(super) fn carriers(config: &Config, dice: &Dice) -> anyhow::Result<Carriers> {
    // One file has one writer, whichever channels use it.
    let file = Arc::new(FileCarrier::new(config.notify.file.clone()));
    let provider = |name: &CarrierName| {
        let carrier = match *name {
            CarrierName::File => Carrier::File(file.clone()),
            CarrierName::Smpp(_) => Carrier::Smpp(Box::new(smpp(config, *name, dice)?)),
            CarrierName::Smtp(_) => Carrier::Smtp(Box::new(smtp(config, *name)?)),
        };
        Ok(Provider { name: name.name(), carrier })
    };
    let providers = |names: &[CarrierName]| names.iter().map(provider).collect::<anyhow::Result<Vec<_>>>();
    let settings = &config.carriers;
    Ok(Carriers::new(providers(&settings.sms)?, providers(&settings.email)?, settings.sms_diacritics))
}

fn smpp(config: &Config, name: CarrierName, dice: &Dice) -> anyhow::Result<Smpp> {
    let CarrierName::Smpp(place) = name else { anyhow::bail!("{} is no message centre", name.name()) };
    let settings = place.of(&config.carriers.smpp);
    let (host, port) = settings.address.clone();
    let authorities = settings.authorities.as_deref();
    let made = Smpp::new(
        &SmppSettings {
            name: name.name(),
            host,
            port,
            tls: settings.tls,
            authorities: authorities.map(|path| read(path, "carriers.smpp*.authorities")).transpose()?,
            system_id: settings.system_id.clone(),
            password: config.carriers.password(name)?.unwrap_or_default(),
            from: settings.sender.clone(),
            window: settings.window,
            enquire: Duration::from_secs(settings.enquire_secs),
        },
        dice.clone(),
    );
    made.with_context(|| format!("cannot use the message centre (settings carriers.{}.*)", name.name()))
}

fn smtp(config: &Config, name: CarrierName) -> anyhow::Result<Smtp> {
    let CarrierName::Smtp(place) = name else { anyhow::bail!("{} is no mail server", name.name()) };
    let settings = place.of(&config.carriers.smtp);
    let (host, port) = settings.address.clone();
    let authorities = settings.authorities.as_deref();
    let made = Smtp::new(&SmtpSettings {
        host,
        port,
        tls: if settings.implicit_tls { SmtpTls::Implicit } else { SmtpTls::StartTls },
        authorities: authorities.map(|path| read(path, "carriers.smtp*.authorities")).transpose()?,
        login: config.carriers.password(name)?.map(|password| (settings.user.clone(), password)),
        from: settings.sender.clone(),
    });
    made.with_context(|| format!("cannot use the mail server (settings carriers.{}.*)", name.name()))
}
