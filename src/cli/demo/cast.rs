//! Who plays: one channel, and so one certificate, for each caller.

use std::fmt;

use tonic::transport::Channel;

use crate::proto::activation_service_client::ActivationServiceClient;
use crate::proto::administration_service_client::AdministrationServiceClient;
use crate::proto::authority_service_client::AuthorityServiceClient;
use crate::proto::contact_service_client::ContactServiceClient;
use crate::proto::counter_service_client::CounterServiceClient;
use crate::proto::device_service_client::DeviceServiceClient;
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::holder_contact_service_client::HolderContactServiceClient;
use crate::proto::hotline_service_client::HotlineServiceClient;
use crate::proto::review_service_client::ReviewServiceClient;

/// A channel for each caller, opened with that caller's certificate.
#[derive(Clone, Debug)]
pub struct Cast {
    /// An officer of one office.
    pub officer: Channel,
    /// An officer of another office.
    pub other_officer: Channel,
    /// A supervisor of the first officer's office.
    pub supervisor: Channel,
    /// The identity authority's system.
    pub authority: Channel,
    /// The backend of the mobile app.
    pub app: Channel,
    /// An administrator.
    pub administrator: Channel,
    /// Another one.
    pub second_administrator: Channel,
    /// The immigration database, which feeds its records.
    pub registry_writer: Channel,
    /// Somebody of the hotline.
    pub hotline: Channel,
    /// Somebody else there.
    pub second_hotline: Channel,
}

impl Cast {
    pub(super) fn counter(&self) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.officer.clone())
    }

    pub(super) fn other_counter(&self) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.other_officer.clone())
    }

    /// What a supervisor may see of the officers' service.
    pub(super) fn reviewing_counter(&self) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.supervisor.clone())
    }

    pub(super) fn review(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.supervisor.clone())
    }

    /// The officer at the supervisors' service, where an officer has no business.
    pub(super) fn officer_at_review(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.officer.clone())
    }

    /// The app backend at the officers' service, where it has no business.
    pub(super) fn app_at_the_counter(&self) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.app.clone())
    }

    pub(super) fn authority(&self) -> AuthorityServiceClient<Channel> {
        AuthorityServiceClient::new(self.authority.clone())
    }

    pub(super) fn activation(&self) -> ActivationServiceClient<Channel> {
        ActivationServiceClient::new(self.app.clone())
    }

    pub(super) fn devices(&self) -> DeviceServiceClient<Channel> {
        DeviceServiceClient::new(self.app.clone())
    }

    /// The counter to which holders without their device come.
    pub(super) fn counter_for_devices(&self) -> CounterServiceClient<Channel> {
        CounterServiceClient::new(self.officer.clone())
    }

    /// The supervisor of that counter.
    pub(super) fn supervisor_for_devices(&self) -> CounterServiceClient<Channel> {
        CounterServiceClient::new(self.supervisor.clone())
    }

    pub(super) fn contacts(&self) -> ContactServiceClient<Channel> {
        ContactServiceClient::new(self.administrator.clone())
    }

    /// The service of contact changes, as an officer sees it.
    pub(super) fn contacts_at_the_counter(&self) -> ContactServiceClient<Channel> {
        ContactServiceClient::new(self.officer.clone())
    }

    /// The service by which holders change their contacts.
    pub(super) fn holders_contacts(&self) -> HolderContactServiceClient<Channel> {
        HolderContactServiceClient::new(self.app.clone())
    }

    pub(super) fn hotline(&self) -> HotlineServiceClient<Channel> {
        HotlineServiceClient::new(self.hotline.clone())
    }

    /// What the hotline may see of the administrators' service.
    pub(super) fn accounts_at_the_hotline(&self) -> AdministrationServiceClient<Channel> {
        AdministrationServiceClient::new(self.hotline.clone())
    }

    pub(super) fn accounts(&self) -> AdministrationServiceClient<Channel> {
        AdministrationServiceClient::new(self.administrator.clone())
    }
}

/// Who takes a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Officer,
    SecondOfficer,
    Supervisor,
    Authority,
    AppBackend,
    Holder,
    Administrator,
    SecondAdministrator,
    Hotline,
    SecondHotline,
    Immigration,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Officer => "officer",
            Self::SecondOfficer => "other officer",
            Self::Supervisor => "supervisor",
            Self::Authority => "authority",
            Self::AppBackend => "app backend",
            Self::Holder => "holder",
            Self::Administrator => "administrator",
            Self::SecondAdministrator => "admin., 2nd",
            Self::Hotline => "hotline",
            Self::SecondHotline => "hotline, 2nd",
            Self::Immigration => "immigration",
        })
    }
}
