use super::people::invite_code;
use super::{Library, Person, at};
use crate::sandbox::wire::RequestUser;
use crate::sandbox::world::UserStatus;

/// People come, change and go. Apple's page: managing-users.
impl Library {
    /// Registers a person; with a managed Apple Account of the organization the person is
    /// associated at once. A retired person who never had an account gets the old record back.
    pub(crate) fn create_user(&mut self, user: &RequestUser) -> Result<u32, u32> {
        if self.people.active_of(&user.client_user_id).is_some() {
            return Err(9716);
        }
        if let Some(account) = &user.managed_apple_id {
            self.check_account(account, None)?;
        }
        let revived = self.people.of(&user.client_user_id).iter().copied().find(|record| {
            self.people.get(*record).is_some_and(|person| {
                person.status == UserStatus::Retired && person.account.is_none()
            })
        });
        let record = match revived {
            Some(record) => {
                self.revive(record, user);
                record
            }
            None => self.add_person(user),
        };
        self.user_changes.record([record]);
        if let Some(account) = &user.managed_apple_id {
            self.bind(record, account);
        }
        Ok(record)
    }

    /// Changes the address or the account of an active person.
    pub(crate) fn update_user(&mut self, user: &RequestUser) -> Result<u32, u32> {
        let record = self.people.active_of(&user.client_user_id).ok_or(9609_u32)?;
        if let Some(account) = &user.managed_apple_id {
            self.check_account(account, Some(record))?;
        }
        if let Some(email) = &user.email {
            self.people.change(record, |person| person.email = Some(email.clone()));
        }
        self.user_changes.record([record]);
        if let Some(account) = &user.managed_apple_id {
            self.bind(record, account);
        }
        Ok(record)
    }

    /// Retires an active person: what can be taken back is free again, the rest stays with the
    /// retired record (`retiredCount`). No DISASSOCIATE is notified: Apple does not document one.
    pub(crate) fn retire_user(&mut self, client_user_id: &str) -> Result<u32, u32> {
        let record = self.people.active_of(client_user_id).ok_or(9609_u32)?;
        self.people.change(record, |person| {
            person.status = UserStatus::Retired;
            person.invite_code = None;
        });
        self.user_changes.record([record]);
        self.seats.forget(client_user_id);
        let Some(holder) = self.people.get(record).map(|person| person.holder) else {
            return Ok(record);
        };
        let mut changed = false;
        for asset in self.assets.iter_mut().filter(|asset| asset.held.contains(holder)) {
            changed = true;
            if asset.revocable {
                asset.held.remove(holder);
            } else {
                asset.retired.insert(holder);
            }
        }
        if changed {
            self.assignments_changed([]);
        }
        Ok(record)
    }

    /// An account must be the organization's (9635) and nobody else's (9641).
    fn check_account(&self, account: &str, own: Option<u32>) -> Result<(), u32> {
        if !self.accounts.contains(account) {
            return Err(9635);
        }
        match self.people.user_of(account) {
            Some(other) if Some(other) != own => Err(9641),
            Some(_) | None => Ok(()),
        }
    }

    fn add_person(&mut self, user: &RequestUser) -> u32 {
        let record = self.people.next_record();
        let holder = self.holders.add_user(record);
        self.people.add(Person {
            client_user_id: user.client_user_id.clone(),
            email: user.email.clone(),
            account: None,
            invite_code: Some(invite_code(&self.uid, record)),
            status: UserStatus::Registered,
            holder,
        })
    }

    fn revive(&mut self, record: u32, user: &RequestUser) {
        let code = invite_code(&self.uid, record);
        self.people.change(record, |person| {
            person.status = UserStatus::Registered;
            person.invite_code = Some(code);
            if user.email.is_some() {
                person.email.clone_from(&user.email);
            }
        });
        let Some(holder) = self.people.get(record).map(|person| person.holder) else { return };
        let mut back = Vec::new();
        for (number, asset) in (0..).zip(&mut self.assets) {
            if asset.retired.remove(holder) {
                back.push((number, holder));
            }
        }
        if !back.is_empty() {
            self.assignments_changed(back);
        }
    }

    /// Binds an Apple Account to an active person. A retired record of the same person with the
    /// same account hands over what it still holds and is Deleted.
    pub(crate) fn bind(&mut self, record: u32, account: &str) {
        self.people.change(record, |person| {
            person.status = UserStatus::Associated;
            person.account = Some(account.to_owned());
            person.invite_code = None;
        });
        self.user_changes.record([record]);
        let Some(person) = self.people.get(record) else { return };
        let holder = person.holder;
        let former: Vec<u32> = self
            .people
            .of(&person.client_user_id)
            .iter()
            .copied()
            .filter(|other| {
                self.people.get(*other).is_some_and(|other| {
                    other.status == UserStatus::Retired && other.account.as_deref() == Some(account)
                })
            })
            .collect();
        for old in former {
            self.people.change(old, |person| person.status = UserStatus::Deleted);
            self.user_changes.record([old]);
            self.hand_over(old, holder);
        }
    }

    fn hand_over(&mut self, old: u32, to: u32) {
        let Some(from) = self.people.get(old).map(|person| person.holder) else { return };
        let mut moved = Vec::new();
        for number in 0..super::number(self.assets.len()) {
            let Some(asset) = self.assets.get_mut(at(number)) else { continue };
            if asset.retired.remove(from) {
                asset.held.remove(from);
                asset.held.insert(to);
                moved.push((number, to));
            }
        }
        if !moved.is_empty() {
            self.assignments_changed(moved);
        }
    }
}
