package enrolld

import "time"

// Change is what a member does to another one.
type Change string

// The changes.
const (
	ChangeTerms      Change = "terms"      // type, rights, scope
	ChangeDeactivate Change = "deactivate" // may not enter; stays in the list
	ChangeReactivate Change = "reactivate"
	ChangeRemove     Change = "remove"        // gone from the account
	ChangeFactors    Change = "second_factor" // the second factor is reset
	ChangeSessions   Change = "sessions"      // all sessions end
)

// CheckChange says whether actor may do something to target; terms are the new
// ones when the change is of terms. It does not ask who the two are elsewhere.
//
// Nobody touches the owner, nobody changes their own rights, nobody touches who
// holds more than they do, and nobody grants what they lack.
func CheckChange(actor, target Member, change Change, terms Terms, now time.Time) error {
	switch {
	case !actor.Active() || !actor.May(PermUsers, now):
		return Errorf(Forbidden, "you may not manage users here")
	case actor.AccountID != target.AccountID:
		return Errorf(NotFound, "there is no such user in this account")
	case target.Type == TypeOwner:
		return Errorf(Forbidden, "nobody can change the owner; ownership can be transferred by the owner")
	case actor.LoginID == target.LoginID:
		return Errorf(Forbidden, "nobody can change their own login here: ask another admin or the owner")
	case !target.within(actor.Terms, now):
		return Errorf(Forbidden, "this user holds more than you do: ask the owner")
	case change == ChangeReactivate && target.Active():
		return Errorf(Conflict, "this user is active already")
	case change == ChangeDeactivate && !target.Active():
		return Errorf(Conflict, "this user is deactivated already")
	case change == ChangeTerms:
		return CheckGrant(actor, terms, now)
	}
	return nil
}

// CheckGrant says whether actor may give these terms to somebody: in an
// invitation, a login made by hand, or to a member.
func CheckGrant(actor Member, terms Terms, now time.Time) error {
	if !actor.Active() || !actor.May(PermUsers, now) {
		return Errorf(Forbidden, "you may not manage users here")
	}
	if err := terms.Validate(now); err != nil {
		return err
	}
	if !terms.within(actor.Terms, now) {
		return Errorf(Forbidden, "nobody can give what they do not hold themselves: choose fewer permissions, products or accounts, "+
			"or an earlier end")
	}
	return nil
}

// CheckInvitation says whether actor may renew or take back an invitation that
// offers terms: nobody touches what offers more than they hold.
func CheckInvitation(actor Member, terms Terms, now time.Time) error {
	switch {
	case !actor.Active() || !actor.May(PermUsers, now):
		return Errorf(Forbidden, "you may not manage users here")
	case !terms.within(actor.Terms, now):
		return Errorf(Forbidden, "this invitation offers more than you hold: ask the owner")
	}
	return nil
}

// Covers says whether who holds these terms could still have given inner.
func (t Terms) Covers(inner Terms, now time.Time) bool {
	return t.May(PermUsers, now) && inner.within(t, now)
}

// CheckLeave says whether a member may leave the account.
func CheckLeave(m Member) error {
	if m.Type == TypeOwner {
		return Errorf(Forbidden, "the owner cannot leave: transfer the ownership first")
	}
	return nil
}

// CheckTransfer says whether actor may offer the ownership to target.
func CheckTransfer(actor, target Member) error {
	switch {
	case !actor.Active() || actor.Type != TypeOwner:
		return Errorf(Forbidden, "only the owner can transfer the ownership")
	case actor.AccountID != target.AccountID:
		return Errorf(NotFound, "there is no such user in this account")
	case actor.LoginID == target.LoginID:
		return Errorf(Invalid, "you are the owner already")
	case !target.Active():
		return Errorf(Invalid, "a deactivated user cannot become the owner: reactivate the user first")
	case !target.Scope.In(target.AccountID):
		return Errorf(Invalid, "this user enters sub-accounts only: give them the account itself first")
	}
	return nil
}

// NeedsSecondFactor says whether somebody with these memberships must have a
// second factor now. from are the dates from which the accounts require it of
// everybody, by account.
func NeedsSecondFactor(memberships []Member, from map[int64]time.Time, now time.Time) bool {
	for _, m := range memberships {
		if !m.Active() {
			continue
		}
		if m.Type == TypeOwner || m.Type == TypeAdmin {
			return true
		}
		if at, ok := from[m.AccountID]; ok && !at.After(now) {
			return true
		}
	}
	return false
}
