//! The edge: protobuf and callers.
//!
//! Owns parsing, permission, rendering and the mapping of errors. Refuses to decide anything: a handler parses, calls a
//! use case, renders.

mod account_status;
mod activation;
mod administration;
mod advice;
mod authority;
mod bounded;
mod candidates;
mod captures;
mod changes;
mod contact;
mod contact_changes;
mod counter;
mod devices;
mod enrolment;
mod follow_up;
mod gate;
mod holder_contact;
mod hotline;
mod life;
mod lists;
mod mask;
mod office;
mod paging;
mod parse;
mod policy;
mod proposals;
mod receipts;
mod registry;
mod render;
mod review;
mod slip;
mod staff;
mod status;
mod step_up;
mod submit_stream;
mod supervised;
mod trust;
mod watch;
mod workstation;

pub use enrolment::read_check;
pub use gate::{Gate, STEP_UP_CODE};
pub use parse::{read_application, read_residence_card};
pub use policy::{Allowed, POLICY, Rule, unruled};
pub use receipts::submitted_content;
pub use status::{REASONS, Reason};

use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::app::App;
use crate::proto::account_life_service_server::AccountLifeServiceServer;
use crate::proto::activation_service_server::ActivationServiceServer;
use crate::proto::administration_service_server::AdministrationServiceServer;
use crate::proto::authority_service_server::AuthorityServiceServer;
use crate::proto::contact_service_server::ContactServiceServer;
use crate::proto::counter_service_server::CounterServiceServer;
use crate::proto::device_service_server::DeviceServiceServer;
use crate::proto::enrolment_service_server::EnrolmentServiceServer;
use crate::proto::follow_up_service_server::FollowUpServiceServer;
use crate::proto::holder_contact_service_server::HolderContactServiceServer;
use crate::proto::hotline_service_server::HotlineServiceServer;
use crate::proto::office_service_server::OfficeServiceServer;
use crate::proto::proposal_service_server::ProposalServiceServer;
use crate::proto::registry::registry_service_server::RegistryServiceServer;
use crate::proto::review_service_server::ReviewServiceServer;
use crate::proto::staff_service_server::StaffServiceServer;
use crate::proto::step_up_service_server::StepUpServiceServer;
use crate::proto::trust_service_server::TrustServiceServer;
use crate::proto::workstation_service_server::WorkstationServiceServer;

/// Every service of `eid.issuance.v1` and `eid.registry.v1` over `app`. A message larger than `bytes_max` is refused unread;
/// streams end at `stop`.
pub fn services(app: &App, bytes_max: usize, stop: &CancellationToken) -> Routes {
    let mut routes = Routes::builder();
    routes
        .add_service(
            EnrolmentServiceServer::new(enrolment::Enrolments { app: app.clone(), stop: stop.clone() })
                .max_decoding_message_size(bytes_max),
        )
        .add_service(ReviewServiceServer::new(review::Reviews(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(
            AuthorityServiceServer::new(authority::Authority(app.clone())).max_decoding_message_size(bytes_max),
        )
        .add_service(
            ActivationServiceServer::new(activation::Activation(app.clone())).max_decoding_message_size(bytes_max),
        )
        .add_service(DeviceServiceServer::new(devices::Devices(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(CounterServiceServer::new(counter::Counter(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(ContactServiceServer::new(contact::Contacts(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(
            HolderContactServiceServer::new(holder_contact::HolderContacts(app.clone()))
                .max_decoding_message_size(bytes_max),
        )
        .add_service(
            AdministrationServiceServer::new(administration::Administration(app.clone()))
                .max_decoding_message_size(bytes_max),
        )
        .add_service(ProposalServiceServer::new(proposals::Proposals(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(AccountLifeServiceServer::new(life::AccountLife(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(HotlineServiceServer::new(hotline::Hotline(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(FollowUpServiceServer::new(follow_up::FollowUp(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(OfficeServiceServer::new(office::Offices(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(TrustServiceServer::new(trust::TrustMaterials(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(StaffServiceServer::new(staff::Staff(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(StepUpServiceServer::new(step_up::StepUp(app.clone())).max_decoding_message_size(bytes_max))
        .add_service(
            WorkstationServiceServer::new(workstation::Workstations(app.clone())).max_decoding_message_size(bytes_max),
        )
        .add_service(RegistryServiceServer::new(registry::Registry(app.clone())).max_decoding_message_size(bytes_max));
    routes.routes()
}
