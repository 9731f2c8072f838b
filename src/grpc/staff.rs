//! `StaffService`: the directory of those who may call, kept by those who manage them.

use prost::Message as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::Faults;
use super::proposals::proposal;
use super::render;
use crate::app::{App, Caller, StaffDoing, StaffSearch, StaffView, StaffWish};
use crate::domain::ids::{RequestId, StaffId, Version};
use crate::domain::review::ReviewReason;
use crate::domain::staff::{CertificateName, Deed, OfficeCode, Post, Role, StaffCertificate, Standing};
use crate::domain::text::Malformed;
use crate::proto as pb;
use crate::tls;

/// Size of a certificate that is read.
const CERTIFICATE_BYTES_MAX: usize = 16 << 10;
const NOT_A_CERTIFICATE: Malformed = Malformed::new(
    "Not a client certificate with an issuer and one URI among its alternative names, in PEM or DER.",
    "Không phải chứng thư máy khách có bên cấp và đúng một URI trong tên thay thế, dạng PEM hoặc DER.",
);
const NOT_A_VERSION: Malformed = Malformed::new(
    "Required: the version of the entry that you saw.",
    "Bắt buộc: phiên bản của tài khoản cán bộ mà bạn đã xem.",
);
const NOT_A_POST: Malformed = Malformed::new(
    "Officers and supervisors have an office, and nobody else has one.",
    "Chỉ cán bộ tiếp nhận và cán bộ phụ trách có đơn vị.",
);
const NOT_A_ROLE: Malformed = Malformed::new("Required: one of the roles.", "Bắt buộc: một trong các vai trò.");
const NO_FILTER: Malformed = Malformed::new(
    "Required: a role, an office, or review_due. There is no list of everyone.",
    "Bắt buộc: vai trò, đơn vị, hoặc review_due. Không có danh sách toàn bộ.",
);

/// Roles with their numbers in the protocol.
const ROLES: [(pb::StaffRole, Role); 9] = [
    (pb::StaffRole::Officer, Role::Officer),
    (pb::StaffRole::Supervisor, Role::Supervisor),
    (pb::StaffRole::Authority, Role::Authority),
    (pb::StaffRole::AppBackend, Role::AppBackend),
    (pb::StaffRole::Administrator, Role::Administrator),
    (pb::StaffRole::Auditor, Role::Auditor),
    (pb::StaffRole::Operator, Role::Operator),
    (pb::StaffRole::RegistryReader, Role::RegistryReader),
    (pb::StaffRole::Hotline, Role::Hotline),
];

pub(super) struct Staff(pub(super) App);

impl Staff {
    /// Does what was read of a request, under its request_id.
    async fn manage(
        &self,
        by: &Caller,
        method: &str,
        content: &[u8],
        (id, wish, reason): (RequestId, StaffWish, Option<ReviewReason>),
    ) -> Result<(Option<pb::StaffEntry>, Option<pb::Proposal>), Status> {
        let repeat = self.0.repeat(id, method, content);
        let managed = self.0.manage_staff(by, &repeat, &wish, reason.as_ref()).await?;
        Ok((Some(entry(&managed.view)), managed.proposal.as_ref().map(proposal)))
    }
}

/// A handler of a change: what is read beside request_id, entry and version, and the wish that it makes.
macro_rules! change {
    ($request:ident, $method:literal, $answer:ident, |$faults:ident, $message:ident| $more:expr, |$seen:pat_param, $read:pat_param| $wish:expr, $service:expr) => {{
        let by = caller(&$request)?;
        let $message = $request.into_inner();
        let mut faults = Faults::default();
        let named = named(&mut faults, &$message.request_id, &$message.staff_id, $message.version);
        let reason = faults.optional("reason", &$message.reason, ReviewReason::parse);
        let $faults = &mut faults;
        let more = $more;
        let (((id, $seen), reason), $read) = faults.finish(named.zip(reason).zip(more))?;
        let (entry, proposal) = $service.manage(&by, $method, &$message.encode_to_vec(), (id, $wish, reason)).await?;
        Ok(Response::new(pb::$answer { entry, proposal }))
    }};
}

#[tonic::async_trait]
impl pb::staff_service_server::StaffService for Staff {
    async fn register_staff(
        &self,
        request: Request<pb::RegisterStaffRequest>,
    ) -> Result<Response<pb::RegisterStaffResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let certificate = faults.take("certificate", certificate(&message.certificate));
        let post = post(&mut faults, message.post.as_ref());
        let reason = faults.optional("reason", &message.reason, ReviewReason::parse);
        let (((id, certificate), post), reason) = faults.finish(id.zip(certificate).zip(post).zip(reason))?;
        let (content, wish) = (message.encode_to_vec(), StaffWish::Register(certificate, post));
        let (entry, proposal) = self.manage(&by, "StaffService/RegisterStaff", &content, (id, wish, reason)).await?;
        Ok(Response::new(pb::RegisterStaffResponse { entry, proposal }))
    }

    async fn change_post(
        &self,
        request: Request<pb::ChangePostRequest>,
    ) -> Result<Response<pb::ChangePostResponse>, Status> {
        change!(
            request,
            "StaffService/ChangePost",
            ChangePostResponse,
            |faults, message| post(faults, message.post.as_ref()),
            |(staff, seen), post| StaffWish::ChangePost(staff, seen, post),
            self
        )
    }

    async fn disable_staff(
        &self,
        request: Request<pb::DisableStaffRequest>,
    ) -> Result<Response<pb::DisableStaffResponse>, Status> {
        change!(
            request,
            "StaffService/DisableStaff",
            DisableStaffResponse,
            |_faults, message| Some(()),
            |(staff, seen), ()| StaffWish::Disable(staff, seen),
            self
        )
    }

    async fn enable_staff(
        &self,
        request: Request<pb::EnableStaffRequest>,
    ) -> Result<Response<pb::EnableStaffResponse>, Status> {
        change!(
            request,
            "StaffService/EnableStaff",
            EnableStaffResponse,
            |_faults, message| Some(()),
            |(staff, seen), ()| StaffWish::Enable(staff, seen),
            self
        )
    }

    async fn add_certificate(
        &self,
        request: Request<pb::AddCertificateRequest>,
    ) -> Result<Response<pb::AddCertificateResponse>, Status> {
        change!(
            request,
            "StaffService/AddCertificate",
            AddCertificateResponse,
            |faults, message| faults.take("certificate", certificate(&message.certificate)),
            |(staff, seen), certificate| StaffWish::AddCertificate(staff, seen, certificate),
            self
        )
    }

    async fn reset_totp(
        &self,
        request: Request<pb::ResetTotpRequest>,
    ) -> Result<Response<pb::ResetTotpResponse>, Status> {
        change!(
            request,
            "StaffService/ResetTotp",
            ResetTotpResponse,
            |_faults, message| Some(()),
            |(staff, seen), ()| StaffWish::ResetTotp(staff, seen),
            self
        )
    }

    async fn review_staff(
        &self,
        request: Request<pb::ReviewStaffRequest>,
    ) -> Result<Response<pb::ReviewStaffResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let named = named(&mut faults, &message.request_id, &message.staff_id, message.version);
        let (id, (staff, seen)) = faults.finish(named)?;
        let (content, wish) = (message.encode_to_vec(), StaffWish::Review(staff, seen));
        let (entry, _) = self.manage(&by, "StaffService/ReviewStaff", &content, (id, wish, None)).await?;
        Ok(Response::new(pb::ReviewStaffResponse { entry }))
    }

    async fn get_staff(&self, request: Request<pb::GetStaffRequest>) -> Result<Response<pb::GetStaffResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.optional("staff_id", &message.staff_id, StaffId::parse);
        let id = faults.finish(id)?.unwrap_or_else(|| by.id());
        let found = self.0.look_at_staff(&by, id).await?;
        Ok(Response::new(pb::GetStaffResponse { entry: Some(entry(&found)) }))
    }

    async fn list_staff(
        &self,
        request: Request<pb::ListStaffRequest>,
    ) -> Result<Response<pb::ListStaffResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let wanted = match message.role() {
            pb::StaffRole::Unspecified if message.role == 0 => Some(None),
            _ => faults.take("role", role(message.role)).map(Some),
        };
        let office = faults.optional("office", &message.office, OfficeCode::parse);
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        if message.role == 0 && message.office.is_empty() && !message.review_due {
            faults.fault("role", NO_FILTER);
        }
        let ((role, office), (size, token)) = faults.finish(wanted.zip(office).zip(page))?;
        let search = StaffSearch { role, office, review_due: message.review_due };
        let found = self.0.list_staff(&by, &search, token.as_deref(), size).await?;
        Ok(Response::new(pb::ListStaffResponse {
            entries: found.found.iter().map(entry).collect(),
            next_page_token: found.next.as_deref().map(written).unwrap_or_default(),
        }))
    }
}

/// What every change names: the call, the entry, and the version that was seen.
fn named(faults: &mut Faults, request: &str, staff: &str, version: i64) -> Option<(RequestId, (StaffId, Version))> {
    let id = faults.text("request_id", request, RequestId::parse);
    let staff = faults.text("staff_id", staff, StaffId::parse);
    let version = (version > 0).then(|| Version::new(version)).ok_or(NOT_A_VERSION);
    let version = faults.take("version", version);
    id.zip(staff.zip(version))
}

fn certificate(bytes: &[u8]) -> Result<CertificateName, Malformed> {
    if bytes.len() > CERTIFICATE_BYTES_MAX {
        return Err(NOT_A_CERTIFICATE);
    }
    let pem = CertificateDer::from_pem_slice(bytes);
    let der = pem.as_deref().unwrap_or(bytes);
    tls::name_of(der).map_err(|_| NOT_A_CERTIFICATE)
}

fn role(number: i32) -> Result<Role, Malformed> {
    let found = ROLES.iter().find(|(sent, _)| i32::from(*sent) == number);
    found.map(|(_, role)| *role).ok_or(NOT_A_ROLE)
}

fn post(faults: &mut Faults, message: Option<&pb::StaffPost>) -> Option<Post> {
    faults.within("post", message, |faults, message| {
        let role = faults.take("role", role(message.role));
        let office = faults.optional("office", &message.office, OfficeCode::parse);
        let (role, office) = role.zip(office)?;
        faults.take("office", Post::new(role, office).ok_or(NOT_A_POST))
    })
}

fn entry(view: &StaffView) -> pb::StaffEntry {
    let member = &view.member;
    let standing = match view.standing {
        Standing::Enabled => pb::StaffStanding::Enabled,
        Standing::Idle => pb::StaffStanding::Idle,
        Standing::Disabled => pb::StaffStanding::Disabled,
    };
    pb::StaffEntry {
        staff_id: member.id.to_string(),
        version: member.version.get(),
        post: Some(post_shown(&member.post)),
        current_office: view.office.as_ref().map(ToString::to_string).unwrap_or_default(),
        standing: standing.into(),
        registered_at: Some(render::instant(member.registered_at)),
        seen_at: member.seen_at.map(render::instant),
        reviewed_at: member.reviewed_at.map(render::instant),
        review_due: view.review_due,
        totp_enrolled: view.recovery_left.is_some(),
        recovery_codes_left: i32::try_from(view.recovery_left.unwrap_or_default()).unwrap_or(i32::MAX),
        certificates: view.certificates.iter().map(shown).collect(),
    }
}

fn post_shown(post: &Post) -> pb::StaffPost {
    let role = ROLES.iter().find(|(_, role)| *role == post.role()).map(|(sent, _)| *sent);
    let office = post.office().map(ToString::to_string).unwrap_or_default();
    pb::StaffPost { role: role.unwrap_or_default().into(), office }
}

fn name_shown(name: &CertificateName) -> pb::StaffCertificateName {
    pb::StaffCertificateName { issuer: name.issuer.clone(), uri: name.uri.clone() }
}

/// What a proposal does with an entry, for programs.
pub(super) fn effect(doing: &StaffDoing) -> pb::StaffEffect {
    let deed = match &doing.deed {
        Deed::Enable => pb::StaffDeed::Enable,
        Deed::ChangePost(_) => pb::StaffDeed::ChangePost,
        Deed::AddCertificate(_) => pb::StaffDeed::AddCertificate,
        Deed::ResetTotp => pb::StaffDeed::ResetTotp,
        Deed::Disable => pb::StaffDeed::Disable,
    };
    let (new_post, new_certificate) = match &doing.deed {
        Deed::ChangePost(post) => (Some(post_shown(post)), None),
        Deed::AddCertificate(name) => (None, Some(name_shown(name))),
        Deed::Enable | Deed::ResetTotp | Deed::Disable => (None, None),
    };
    pb::StaffEffect {
        staff_id: doing.before.id.to_string(),
        deed: deed.into(),
        post: Some(post_shown(&doing.before.post)),
        new_post,
        new_certificate,
    }
}

/// The same for the person who decides.
pub(super) fn summary(doing: &StaffDoing) -> pb::Text {
    let words = |post: &Post| match post.office() {
        Some(office) => format!("{} {office}", post.role()),
        None => post.role().to_string(),
    };
    let who = words(&doing.before.post);
    let (en, vi) = match &doing.deed {
        Deed::Enable => {
            (format!("This entry may call as {who}."), format!("Tài khoản cán bộ này được gọi với vai trò {who}."))
        }
        Deed::ChangePost(post) => {
            let then = words(post);
            (
                format!("This entry, {who}, becomes {then}; its open streams end."),
                format!("Tài khoản cán bộ này, {who}, chuyển thành {then}; các luồng đang mở sẽ kết thúc."),
            )
        }
        Deed::AddCertificate(name) => (
            format!("Whoever shows the certificate {} of {} may call as this entry, {who}.", name.uri, name.issuer),
            format!("Người dùng chứng thư {} của {} được gọi bằng tài khoản cán bộ này, {who}.", name.uri, name.issuer),
        ),
        Deed::ResetTotp => (
            format!("The authenticator of this entry, {who}, is taken away; its holder enrols another."),
            format!("Ứng dụng xác thực của tài khoản cán bộ này, {who}, bị xóa; người dùng phải đăng ký lại."),
        ),
        Deed::Disable => (
            format!("This entry, {who}, may not call any more; its open streams end."),
            format!("Tài khoản cán bộ này, {who}, không được gọi nữa; các luồng đang mở sẽ kết thúc."),
        ),
    };
    pb::Text { en, vi }
}

fn shown(certificate: &StaffCertificate) -> pb::StaffCertificate {
    let StaffCertificate { name, added_at, announced, ended_at } = certificate;
    pb::StaffCertificate {
        name: Some(name_shown(name)),
        added_at: Some(render::instant(*added_at)),
        announced: *announced,
        ended_at: ended_at.map(render::instant),
    }
}
