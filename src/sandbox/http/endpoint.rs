use axum::http::Method;

/// A path of Apple's API below `/mdm/v2/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    ServiceConfig,
    ClientConfig,
    Assets,
    Assignments,
    Associate,
    Disassociate,
    Revoke,
    Users,
    CreateUsers,
    UpdateUsers,
    RetireUsers,
    Status,
    Subscriptions,
    EnableSubscriptions,
    DisableSubscriptions,
    Seats,
    AssociateSeats,
    DisassociateSeats,
    Administrators,
    AddAdministrators,
    RemoveAdministrators,
}

impl Endpoint {
    pub(super) fn find(path: &str) -> Option<Self> {
        Some(match path {
            "service/config" => Self::ServiceConfig,
            "client/config" => Self::ClientConfig,
            "assets" => Self::Assets,
            "assignments" => Self::Assignments,
            "assets/associate" => Self::Associate,
            "assets/disassociate" => Self::Disassociate,
            "assets/revoke" => Self::Revoke,
            "users" => Self::Users,
            "users/create" => Self::CreateUsers,
            "users/update" => Self::UpdateUsers,
            "users/retire" => Self::RetireUsers,
            "status" => Self::Status,
            "subscriptions" => Self::Subscriptions,
            "subscriptions/enable" => Self::EnableSubscriptions,
            "subscriptions/disable" => Self::DisableSubscriptions,
            "subscriptions/assignments" => Self::Seats,
            "subscriptions/associate" => Self::AssociateSeats,
            "subscriptions/disassociate" => Self::DisassociateSeats,
            "subscriptions/admins" => Self::Administrators,
            "subscriptions/admins/add" => Self::AddAdministrators,
            "subscriptions/admins/remove" => Self::RemoveAdministrators,
            _ => return None,
        })
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        match self {
            Self::ServiceConfig
            | Self::Assets
            | Self::Assignments
            | Self::Users
            | Self::Status
            | Self::Subscriptions
            | Self::Seats
            | Self::Administrators => method == Method::GET,
            Self::Associate
            | Self::Disassociate
            | Self::Revoke
            | Self::CreateUsers
            | Self::UpdateUsers
            | Self::RetireUsers
            | Self::EnableSubscriptions
            | Self::DisableSubscriptions
            | Self::AssociateSeats
            | Self::DisassociateSeats
            | Self::AddAdministrators
            | Self::RemoveAdministrators => method == Method::POST,
            Self::ClientConfig => method == Method::GET || method == Method::POST,
        }
    }
}
