//! The shapes this Apple speaks. They are its own and shared with no client: a typing mistake on
//! one side must not be repaired by the same mistake on the other.

mod code;
mod request;
mod response;
mod subscription;

pub(crate) use code::{CODES, ErrorInfo, Failure, Refusal, RetryAfter};
pub(crate) use request::{
    ClientConfigRequest, ManageAssets, ManageUsers, RequestAsset, RequestUser, RevokeAssets,
};
pub(crate) use response::{
    Asset, AssetRow, AssetsPage, Assignment, AssignmentsPage, ClientConfig, Envelope, ErrorCode,
    EventAnswer, MdmInfo, Notification, NotificationType, Page, ServiceConfig, StatusAnswer,
    TaskResult, UnlimitedAssetRow, UserRow, UsersPage,
};
pub(crate) use subscription::{
    Administrators, AdministratorsAnswer, AdministratorsPage, AssociateSeats, DisassociateSeats,
    ManageAdministrators, SeatCounts, SeatRow, SeatsPage, Split, SubscriptionManagement,
    SubscriptionRow, SubscriptionsPage,
};
