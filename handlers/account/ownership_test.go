package account

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
)

func TestOwnershipIsTransferred(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, ownerM := rig.Owner("owner@example.com", rig.Account.ID)
	terms := enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything()}
	ann, annM := rig.Person("ann@example.com", rig.Account.ID, terms)
	bob := rig.AddLogin("bob@example.com")
	bobM := rig.Join(bob.ID, rig.Account.ID, terms)
	_, foreign := rig.Owner("foreign@example.com", rig.AddAccount("Guild", 0).ID)
	b, bAnn := rig.As(owner), rig.As(ann)
	path, answer := gatetest.Path(rig.Account.ID, ownershipPath), gatetest.Path(rig.Account.ID, offerPath)
	to := func(m enrolld.Member) string { return fmt.Sprintf("%s/%d", path, m.ID) }

	page := b.Get(path)
	want(t, "the choice", page, http.StatusOK, to(annM), "Needs one first")
	lacks(t, "the choice", page, to(bobM), "foreign@example.com")
	want(t, "the question", b.Get(to(annM)), http.StatusOK, "Offer the ownership to Ann?", "You stay as an Admin", "take the offer back")
	want(t, "a foreign member", b.Get(to(foreign)), http.StatusNotFound)
	want(t, "offer to a foreign member", b.Post(to(foreign), nil), http.StatusNotFound)
	for what, m := range map[string]enrolld.Member{"who has no second factor": bobM, "oneself": ownerM} {
		wantGone(t, "offer to "+what, b.Post(to(m), nil), path)
	}
	want(t, "why not", b.Get(path), http.StatusOK, "flash warning")
	want(t, "no offer yet", bAnn.Get(answer), http.StatusNotFound)

	wantGone(t, "offer", b.Post(to(annM), nil), path)
	want(t, "it waits", b.Get(path), http.StatusOK, "An offer waits", "Take the offer back")
	wantGone(t, "who offered looks at it", b.Get(answer), path)
	wantGone(t, "take it back", b.Post(path+"/withdraw", nil), path)
	wantGone(t, "take it back twice", b.Post(path+"/withdraw", nil), path)
	want(t, "taken back", bAnn.Post(answer, url.Values{"answer": {"accept"}}), http.StatusNotFound)

	wantGone(t, "offer again", b.Post(to(annM), nil), path)
	want(t, "the offer", bAnn.Get(answer), http.StatusOK, "Become the owner of", "Accept the ownership", "Decline")
	want(t, "no answer", bAnn.Post(answer, nil), http.StatusUnprocessableEntity)
	wantGone(t, "decline", bAnn.Post(answer, url.Values{"answer": {"decline"}}), gatetest.Path(rig.Account.ID, ""))

	wantGone(t, "offer a third time", b.Post(to(annM), nil), path)
	wantGone(t, "accept", bAnn.Post(answer, url.Values{"answer": {"accept"}}), gatetest.Path(rig.Account.ID, ""))
	want(t, "the new owner", bAnn.Get(path), http.StatusOK, "You own", to(ownerM))
	want(t, "the old one", b.Get(path), http.StatusForbidden)
	if n := rig.Number("SELECT COUNT(*) FROM enrolld_members WHERE account_id = ? AND type = 'owner' AND login_id = ?", rig.Account.ID, ann.ID); n != 1 {
		t.Errorf("owners: got %d, want 1", n)
	}
}

// TestOfferNeedsSecondFactor: one that was removed meanwhile is asked for.
func TestOfferNeedsSecondFactor(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	ann, annM := rig.Person("ann@example.com", rig.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything()})
	b, bAnn := rig.As(owner), rig.As(ann)
	answer := gatetest.Path(rig.Account.ID, offerPath)
	b.Post(gatetest.Path(rig.Account.ID, fmt.Sprintf("%s/%d", ownershipPath, annM.ID)), nil)
	rig.Exec("UPDATE enrolld_logins SET totp_secret = '', totp_at = NULL WHERE id = ?", ann.ID)
	page := bAnn.Get(answer)
	want(t, "the offer", page, http.StatusOK, "You need a second factor first", "Decline")
	lacks(t, "the offer", page, "Accept the ownership")
	wantGone(t, "accept", bAnn.Post(answer, url.Values{"answer": {"accept"}}), answer)
	if n := rig.Number("SELECT COUNT(*) FROM enrolld_members WHERE type = 'owner' AND login_id = ?", owner.ID); n != 1 {
		t.Errorf("the owner: got %d, want the one before", n)
	}
}
