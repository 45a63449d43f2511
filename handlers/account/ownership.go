package account

import (
	"fmt"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// offerDays is how long an offer waits, in the words of a page.
const offerDays = "3 days"

type ownershipPage struct {
	page.Base
	Now         time.Time
	Client      string
	Offer       *team.TransferView // that waits; nil: none
	WithdrawURL string
	MyFactor    bool
	InviteURL   string
	Rows        []heir
}

// heir is a member who could be offered the ownership.
type heir struct {
	Name, Email, Type string
	Factor            bool
	Inside            bool // enters the client account itself
	URL               string
}

var ownershipView = page.New[ownershipPage](files, "ownership")

func id(n int64) string { return strconv.FormatInt(n, 10) }

func (s *Screens) ownership(r *gate.Request) error {
	offer, err := s.team.Transfer(r.Context(), client(r).ID)
	if err != nil {
		return err
	}
	members, err := s.team.Members(r.Context(), client(r).ID, true)
	if err != nil {
		return err
	}
	p := &ownershipPage{
		Base: r.Base("Ownership"), Now: r.Now(), Client: client(r).Name, Offer: offer, WithdrawURL: r.Path(ownershipPath + "/withdraw"),
		MyFactor: r.Viewer.Login.SecondFactor(), InviteURL: r.Path(usersPath + "/invite"),
	}
	for _, m := range members {
		if m.Type != enrolld.TypeOwner {
			p.Rows = append(p.Rows, heir{
				Name: m.Login.Label(), Email: m.Login.Email, Type: m.Type.Title(), Factor: m.Login.SecondFactor(),
				Inside: m.Scope.In(m.AccountID), URL: r.Path(ownershipPath + "/" + id(m.ID)),
			})
		}
	}
	return gate.Show(r, ownershipView, p)
}

func (s *Screens) askOffer(r *gate.Request) error {
	m, err := s.heir(r)
	if err != nil {
		return err
	}
	who := m.Login.Label()
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Offer the ownership to " + who), Confirm: page.Confirm{
		Title: "Offer the ownership to " + who + "?",
		Text: []string{
			fmt.Sprintf("%s (%s) gets an email and has %s to accept. Until then nothing changes, and you can take the offer back.", who, m.Login.Email, offerDays),
			fmt.Sprintf("Once it is accepted, %s owns %s: may do everything in it and decide who else may. You stay as an Admin with every permission. "+
				"Only the new owner can then give the ownership back.", who, client(r).Name),
		},
		Action: r.Path(ownershipPath + "/" + id(m.ID)), Verb: "Offer the ownership", Danger: true, Cancel: r.Path(ownershipPath),
	}})
}

// heir is the member whom the address names.
func (s *Screens) heir(r *gate.Request) (team.MemberView, error) {
	member, err := r.ID("member")
	if err != nil {
		return team.MemberView{}, err
	}
	return s.team.Member(r.Context(), client(r).ID, member)
}

func (s *Screens) offer(r *gate.Request) error {
	m, err := s.heir(r)
	if err != nil {
		return err
	}
	err = s.team.OfferTransfer(r.Context(), r.Actor(), client(r).ID, m.ID)
	if code := enrolld.CodeOf(err); code == enrolld.Invalid || code == enrolld.Conflict {
		return warn(r, ownershipPath, err)
	}
	if err != nil {
		return err
	}
	return r.Done(r.Path(ownershipPath), "%s was offered the ownership and has %s to accept.", m.Login.Label(), offerDays)
}

func (s *Screens) withdraw(r *gate.Request) error {
	err := s.team.WithdrawTransfer(r.Context(), r.Actor(), client(r).ID)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return warn(r, ownershipPath, err)
	}
	if err != nil {
		return err
	}
	return r.Done(r.Path(ownershipPath), "The offer was taken back. Nothing has changed.")
}

// warn goes to a page and says there why something was not done.
func warn(r *gate.Request, below string, err error) error {
	r.Flash(page.Warning, page.Sentence(enrolld.MessageOf(err)))
	return r.Redirect(r.Path(below))
}

type offeredPage struct {
	page.Base
	Now     time.Time
	Client  string
	Offer   *team.TransferView
	Factor  bool
	Action  string
	BackURL string
}

var offeredView = page.New[offeredPage](files, "offered")

// offered asks whom the ownership was offered to for an answer.
func (s *Screens) offered(r *gate.Request) error {
	offer, err := s.team.Transfer(r.Context(), client(r).ID)
	if err != nil {
		return err
	}
	switch me := r.Viewer.Login.ID; {
	case offer != nil && offer.From.ID == me:
		return r.Redirect(r.Path(ownershipPath))
	case offer == nil || offer.To.ID != me:
		return enrolld.Errorf(enrolld.NotFound, "no offer of the ownership waits for you here: it may have been taken back, or have run out")
	}
	return gate.Show(r, offeredView, &offeredPage{
		Base: r.Base("You are offered the ownership"), Now: r.Now(), Client: client(r).Name, Offer: offer,
		Factor: r.Viewer.Login.SecondFactor(), Action: r.Path(offerPath), BackURL: r.Path(""),
	})
}

func (s *Screens) answer(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	switch form.Get("answer") {
	case "accept":
		err = s.team.AcceptTransfer(r.Context(), r.Actor(), client(r).ID)
		if enrolld.CodeOf(err) == enrolld.Invalid {
			return warn(r, offerPath, err)
		}
		if err == nil {
			return r.Done(r.Path(""), "%s is yours now. Its owner before is an Admin.", client(r).Name)
		}
	case "decline":
		if err = s.team.DeclineTransfer(r.Context(), r.Actor(), client(r).ID); err == nil {
			return r.Done(r.Path(""), "You declined the ownership. Nothing has changed.")
		}
	default:
		err = enrolld.Errorf(enrolld.Invalid, "choose whether you accept the ownership or decline it")
	}
	return err
}
