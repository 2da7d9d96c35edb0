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
    /// Every path about subscriptions: this service has none.
    Subscriptions,
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
            "subscriptions"
            | "subscriptions/enable"
            | "subscriptions/disable"
            | "subscriptions/assignments"
            | "subscriptions/associate"
            | "subscriptions/disassociate"
            | "subscriptions/admins"
            | "subscriptions/admins/add"
            | "subscriptions/admins/remove" => Self::Subscriptions,
            _ => return None,
        })
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        match self {
            Self::ServiceConfig | Self::Assets | Self::Assignments | Self::Users | Self::Status => {
                method == Method::GET
            }
            Self::Associate
            | Self::Disassociate
            | Self::Revoke
            | Self::CreateUsers
            | Self::UpdateUsers
            | Self::RetireUsers => method == Method::POST,
            Self::ClientConfig | Self::Subscriptions => {
                method == Method::GET || method == Method::POST
            }
        }
    }
}
