//! One table says who may call what, how often and for how long. A method that is missing from it stops the server.

use std::time::Duration;

use crate::domain::staff::Role;
use crate::limits::Quota;

/// Who may call a method, how often, how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `package.Service/Method`.
    pub method: &'static str,
    /// Who.
    pub allowed: Allowed,
    /// How often each caller.
    pub quota: Quota,
    /// How long; `None` for streams that stay open.
    pub deadline: Option<Duration>,
    /// Whether the call brings a fresh proof that the person is there: see `docs/staff.md`.
    pub step_up: bool,
    /// For a stream of items: what bounds it. Each item counts towards the quota of another method.
    pub stream: Option<StreamBounds>,
}

/// What bounds a stream of items. It has no deadline, and must not live for ever all the same.
#[derive(Clone, Copy, Debug)]
pub struct StreamBounds {
    /// The method towards whose quota each item counts, and within whose deadline it is done.
    pub item: &'static str,
    /// How long the client may be silent.
    pub idle: Duration,
    /// How long the stream may live: certificate and directory are looked at when it is opened only.
    pub lifetime: Duration,
    /// How many items it may bring.
    pub items_max: u64,
    /// How many bytes.
    pub bytes_max: u64,
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// These roles.
    Roles(&'static [Role]),
    /// Everyone whose certificate is in the staff directory.
    Staff,
}

impl Allowed {
    /// Whether a role may call.
    pub fn includes(self, role: Role) -> bool {
        match self {
            Self::Roles(roles) => roles.contains(&role),
            Self::Staff => true,
        }
    }
}

const OFFICER: Allowed = Allowed::Roles(&[Role::Officer]);
const OFFICE: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor]);
const SUPERVISOR: Allowed = Allowed::Roles(&[Role::Supervisor]);
const AUTHORITY: Allowed = Allowed::Roles(&[Role::Authority]);
const APP: Allowed = Allowed::Roles(&[Role::AppBackend]);
const ADMINISTRATOR: Allowed = Allowed::Roles(&[Role::Administrator]);
const CONTACT_STAFF: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Administrator]);
const DISPUTANTS: Allowed = Allowed::Roles(&[Role::Officer, Role::Administrator]);
const REGISTRY_READER: Allowed = Allowed::Roles(&[Role::RegistryReader]);
const REGISTRY_WRITER: Allowed = Allowed::Roles(&[Role::RegistryWriter]);
const OPERATOR: Allowed = Allowed::Roles(&[Role::Operator]);
const KEEPERS: Allowed = Allowed::Roles(&[Role::Operator, Role::Auditor]);
const HOTLINE: Allowed = Allowed::Roles(&[Role::Hotline]);
/// Which kinds of proposals are a role's business is the domain's table.
const PROPOSERS: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Administrator, Role::Hotline]);
const LIFE_READERS: Allowed =
    Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Hotline, Role::Administrator, Role::Auditor]);
const LOCKERS: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Hotline, Role::Administrator]);
const LIFTERS: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Administrator]);
const ORDER_TAKERS: Allowed = Allowed::Roles(&[Role::Supervisor, Role::Administrator]);
const ORDER_READERS: Allowed = Allowed::Roles(&[Role::Supervisor, Role::Administrator, Role::Auditor]);
const FOLLOWERS: Allowed = Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Hotline]);
const DEVICE_READERS: Allowed = Allowed::Roles(&[Role::AppBackend, Role::Administrator, Role::Auditor, Role::Hotline]);
const CHANGE_COUNTERS: Allowed = Allowed::Roles(&[Role::Administrator, Role::Auditor, Role::Hotline]);
/// By what each looks is the domain's table.
const READERS: Allowed =
    Allowed::Roles(&[Role::Officer, Role::Supervisor, Role::Administrator, Role::Auditor, Role::Hotline]);

const MANAGERS: Allowed = Allowed::Roles(&[Role::Supervisor, Role::Administrator]);
const STAFF_READERS: Allowed = Allowed::Roles(&[Role::Supervisor, Role::Administrator, Role::Auditor]);
const PERSONS: Allowed = Allowed::Roles(&[
    Role::Officer,
    Role::Supervisor,
    Role::Administrator,
    Role::Auditor,
    Role::Operator,
    Role::Hotline,
]);

const fn rule(method: &'static str, allowed: Allowed, per_second: u32, deadline_secs: u64) -> Rule {
    let deadline = Some(Duration::from_secs(deadline_secs));
    Rule { method, allowed, quota: Quota::per_second(per_second), deadline, step_up: false, stream: None }
}

const fn stream(method: &'static str, allowed: Allowed) -> Rule {
    Rule { method, allowed, quota: Quota::per_second(5), deadline: None, step_up: false, stream: None }
}

/// A call that one person alone can do harm with: it brings a code of the moment (`docs/staff.md`).
const fn privileged(method: &'static str, allowed: Allowed, per_second: u32, deadline_secs: u64) -> Rule {
    Rule { step_up: true, ..rule(method, allowed, per_second, deadline_secs) }
}

const fn items(method: &'static str, allowed: Allowed, item: &'static str) -> Rule {
    let bounds = StreamBounds {
        item,
        idle: Duration::from_mins(1),
        lifetime: Duration::from_mins(15),
        items_max: 10_000,
        bytes_max: 1 << 30,
    };
    Rule { method, allowed, quota: Quota::per_second(5), deadline: None, step_up: false, stream: Some(bounds) }
}

/// The table. The authority and the app backend are one caller each for the whole country; an officer is one person,
/// whose queue may come back on line all at once.
pub const POLICY: &[Rule] = &[
    rule("eid.issuance.v1.EnrolmentService/Check", OFFICER, 50, 5),
    rule("eid.issuance.v1.EnrolmentService/Challenge", OFFICER, 20, 5),
    rule("eid.issuance.v1.EnrolmentService/Submit", OFFICER, 100, 10),
    items("eid.issuance.v1.EnrolmentService/SubmitStream", OFFICER, "eid.issuance.v1.EnrolmentService/Submit"),
    rule("eid.issuance.v1.EnrolmentService/Get", OFFICE, 50, 5),
    rule("eid.issuance.v1.EnrolmentService/Correct", OFFICER, 20, 10),
    rule("eid.issuance.v1.EnrolmentService/Withdraw", OFFICE, 20, 10),
    rule("eid.issuance.v1.EnrolmentService/GetHistory", OFFICE, 20, 5),
    rule("eid.issuance.v1.EnrolmentService/List", OFFICE, 20, 10),
    rule("eid.issuance.v1.EnrolmentService/Count", OFFICE, 20, 10),
    stream("eid.issuance.v1.EnrolmentService/Watch", OFFICE),
    rule("eid.issuance.v1.EnrolmentService/GetSlip", OFFICE, 20, 5),
    rule("eid.issuance.v1.EnrolmentService/ListReceiptKeys", Allowed::Staff, 5, 3),
    rule("eid.issuance.v1.ReviewService/CompareCandidates", SUPERVISOR, 20, 5),
    rule("eid.issuance.v1.ReviewService/Override", SUPERVISOR, 20, 10),
    rule("eid.issuance.v1.ReviewService/Decline", SUPERVISOR, 20, 10),
    rule("eid.issuance.v1.ReviewService/Return", SUPERVISOR, 20, 10),
    rule("eid.issuance.v1.WorkstationService/List", SUPERVISOR, 20, 10),
    rule("eid.issuance.v1.AuthorityService/Claim", AUTHORITY, 100, 30),
    rule("eid.issuance.v1.AuthorityService/RecordDecision", AUTHORITY, 1_000, 10),
    rule("eid.issuance.v1.AuthorityService/Reconcile", AUTHORITY, 5, 30),
    rule("eid.issuance.v1.AuthorityService/GetCaptures", AUTHORITY, 200, 15),
    rule("eid.issuance.v1.AuthorityService/ConfirmCaptures", AUTHORITY, 1_000, 10),
    rule("eid.issuance.v1.ActivationService/GetStatus", APP, 10_000, 3),
    // Five hundred at a time: as many a second as by GetStatus.
    rule("eid.issuance.v1.ActivationService/BatchGetStatus", APP, 20, 10),
    stream("eid.issuance.v1.ActivationService/WatchStatus", APP),
    rule("eid.issuance.v1.ActivationService/SendCode", APP, 1_000, 5),
    rule("eid.issuance.v1.ActivationService/Activate", APP, 1_000, 5),
    rule("eid.issuance.v1.ActivationService/GetSlipChallenge", APP, 200, 5),
    rule("eid.issuance.v1.ActivationService/ActivateWithSlip", APP, 200, 5),
    rule("eid.issuance.v1.ActivationService/NoteNoticeOpened", APP, 1_000, 5),
    rule("eid.issuance.v1.DeviceService/GetChallenge", APP, 2_000, 3),
    rule("eid.issuance.v1.DeviceService/VerifyDevice", APP, 2_000, 5),
    rule("eid.issuance.v1.DeviceService/VerifyTotp", APP, 1_000, 5),
    rule("eid.issuance.v1.DeviceService/ReplaceDevice", APP, 200, 5),
    rule("eid.issuance.v1.DeviceService/RenewDevice", APP, 1_000, 5),
    rule("eid.issuance.v1.DeviceService/LockOwnAccount", APP, 200, 5),
    rule("eid.issuance.v1.DeviceService/RevokeDevice", APP, 200, 5),
    rule("eid.issuance.v1.DeviceService/ListDevices", DEVICE_READERS, 200, 5),
    rule("eid.issuance.v1.DeviceService/GetDeviceCrl", Allowed::Staff, 5, 10),
    rule("eid.issuance.v1.CounterService/ProveInPerson", OFFICER, 5, 5),
    rule("eid.issuance.v1.CounterService/CountersignProof", SUPERVISOR, 5, 5),
    privileged("eid.issuance.v1.ContactService/Begin", ADMINISTRATOR, 20, 5),
    rule("eid.issuance.v1.ContactService/BeginInPerson", OFFICER, 5, 5),
    rule("eid.issuance.v1.ContactService/Confirm", CONTACT_STAFF, 20, 5),
    rule("eid.issuance.v1.ContactService/ResendCode", CONTACT_STAFF, 20, 5),
    rule("eid.issuance.v1.ContactService/Cancel", CONTACT_STAFF, 20, 5),
    rule("eid.issuance.v1.ContactService/CountChanges", CHANGE_COUNTERS, 5, 30),
    rule("eid.issuance.v1.ContactService/OpenDispute", DISPUTANTS, 5, 5),
    rule("eid.issuance.v1.ContactService/ListDisputes", ADMINISTRATOR, 20, 5),
    privileged("eid.issuance.v1.ContactService/ResolveDispute", ADMINISTRATOR, 20, 5),
    rule("eid.issuance.v1.HolderContactService/BeginContactChange", APP, 200, 5),
    rule("eid.issuance.v1.HolderContactService/ConfirmContactChange", APP, 1_000, 5),
    rule("eid.issuance.v1.HolderContactService/ResendContactCode", APP, 200, 5),
    rule("eid.issuance.v1.HolderContactService/CancelContactChange", APP, 200, 5),
    rule("eid.issuance.v1.HolderContactService/StopContactChange", APP, 200, 5),
    rule("eid.issuance.v1.HolderContactService/ListContactChanges", APP, 1_000, 5),
    rule("eid.issuance.v1.HotlineService/AskReopening", HOTLINE, 20, 5),
    rule("eid.issuance.v1.ProposalService/GetProposal", PROPOSERS, 20, 5),
    rule("eid.issuance.v1.ProposalService/ListProposals", PROPOSERS, 20, 5),
    privileged("eid.issuance.v1.ProposalService/ApproveProposal", PROPOSERS, 20, 5),
    rule("eid.issuance.v1.ProposalService/DeclineProposal", PROPOSERS, 20, 5),
    rule("eid.issuance.v1.AccountLifeService/GetLife", LIFE_READERS, 20, 5),
    rule("eid.issuance.v1.AccountLifeService/LockAccount", LOCKERS, 20, 5),
    privileged("eid.issuance.v1.AccountLifeService/LiftLock", LIFTERS, 20, 5),
    privileged("eid.issuance.v1.AccountLifeService/CloseAccount", ADMINISTRATOR, 5, 5),
    rule("eid.issuance.v1.AccountLifeService/UpdateDocuments", OFFICER, 20, 10),
    rule("eid.issuance.v1.AccountLifeService/FileOrder", ORDER_TAKERS, 20, 5),
    rule("eid.issuance.v1.AccountLifeService/ForwardOrder", ORDER_TAKERS, 20, 5),
    privileged("eid.issuance.v1.AccountLifeService/DecideOrder", ADMINISTRATOR, 20, 5),
    rule("eid.issuance.v1.AccountLifeService/ListOrders", ORDER_READERS, 20, 5),
    rule("eid.issuance.v1.FollowUpService/ListStandingStill", FOLLOWERS, 20, 10),
    rule("eid.issuance.v1.FollowUpService/CountFunnel", FOLLOWERS, 5, 30),
    rule("eid.issuance.v1.AdministrationService/GetAccount", READERS, 20, 5),
    rule("eid.issuance.v1.AdministrationService/FindAccount", READERS, 20, 5),
    rule("eid.registry.v1.RegistryService/PutRecords", REGISTRY_WRITER, 10, 30),
    rule("eid.registry.v1.RegistryService/Lookup", REGISTRY_READER, 1_000, 3),
    // A stream of chunks in, one answer out: it has an end, and so a deadline.
    rule("eid.issuance.v1.TrustService/ProposeMaterial", OPERATOR, 5, 60),
    privileged("eid.issuance.v1.TrustService/ApproveMaterial", OPERATOR, 5, 30),
    rule("eid.issuance.v1.TrustService/RejectMaterial", OPERATOR, 5, 5),
    rule("eid.issuance.v1.TrustService/ListMaterial", KEEPERS, 5, 5),
    rule("eid.issuance.v1.OfficeService/ListOffices", Allowed::Staff, 5, 3),
    rule("eid.issuance.v1.OfficeService/GetOffice", Allowed::Staff, 20, 3),
    rule("grpc.health.v1.Health/Check", Allowed::Staff, 20, 3),
    rule("grpc.health.v1.Health/List", Allowed::Staff, 20, 3),
    privileged("eid.issuance.v1.StaffService/RegisterStaff", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/ChangePost", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/DisableStaff", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/EnableStaff", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/AddCertificate", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/ResetTotp", MANAGERS, 5, 10),
    privileged("eid.issuance.v1.StaffService/ReviewStaff", MANAGERS, 5, 10),
    rule("eid.issuance.v1.StaffService/GetStaff", Allowed::Staff, 20, 5),
    rule("eid.issuance.v1.StaffService/ListStaff", STAFF_READERS, 5, 10),
    rule("eid.issuance.v1.StepUpService/BeginTotpEnrolment", PERSONS, 1, 5),
    rule("eid.issuance.v1.StepUpService/ConfirmTotpEnrolment", PERSONS, 1, 5),
    stream("grpc.health.v1.Health/Watch", Allowed::Staff),
    stream("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Allowed::Staff),
    stream("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Allowed::Staff),
];

impl Rule {
    /// The rule for a request's path, `/package.Service/Method`.
    pub fn for_path(path: &str) -> Option<&'static Self> {
        Self::named(path.strip_prefix('/')?)
    }

    /// The rule of a method, `package.Service/Method`.
    pub fn named(method: &str) -> Option<&'static Self> {
        POLICY.iter().find(|rule| rule.method == method)
    }
}

/// The methods of these descriptors that the table does not name. A server with any must not start.
///
/// # Errors
/// If the descriptors cannot be read.
pub fn unruled(descriptors: &[&[u8]]) -> Result<Vec<String>, prost::DecodeError> {
    use prost::Message as _;
    let mut missing = Vec::new();
    for set in descriptors {
        for file in prost_types::FileDescriptorSet::decode(*set)?.file {
            for service in &file.service {
                let methods = service
                    .method
                    .iter()
                    .map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                missing.extend(methods.filter(|path| Rule::for_path(path).is_none()));
            }
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::DESCRIPTORS;
    use prost::Message as _;

    #[test]
    fn every_method_that_is_served_has_a_rule() {
        let all = [
            DESCRIPTORS,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        assert_eq!(unruled(&all).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_method_without_a_rule_is_named() {
        let mut set = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let file = set.file.iter_mut().find(|file| !file.service.is_empty()).unwrap();
        file.service[0].method[0].name = Some("Forgotten".to_owned());
        let missing = unruled(&[&set.encode_to_vec()]).unwrap();
        assert_eq!(missing.len(), 1);
        assert!(missing[0].ends_with("/Forgotten"));
    }

    #[test]
    fn only_persons_may_make_privileged_calls_and_none_of_those_stays_open() {
        for rule in POLICY.iter().filter(|rule| rule.step_up) {
            let Allowed::Roles(roles) = rule.allowed else { panic!("{} is for everyone", rule.method) };
            assert!(roles.iter().all(|role| role.is_person()) && rule.deadline.is_some(), "{}", rule.method);
        }
        for role in Role::ALL {
            assert_eq!(PERSONS.includes(role), role.is_person(), "{role}");
        }
    }

    #[test]
    fn items_of_a_stream_count_towards_a_method_that_has_a_deadline() {
        for bounds in POLICY.iter().filter_map(|rule| rule.stream) {
            assert!(Rule::named(bounds.item).is_some_and(|item| item.deadline.is_some()), "{}", bounds.item);
        }
    }

    #[test]
    fn every_rule_is_for_a_method_of_its_own() {
        for (i, rule) in POLICY.iter().enumerate() {
            assert!(POLICY[..i].iter().all(|earlier| earlier.method != rule.method), "{}", rule.method);
        }
    }
}
