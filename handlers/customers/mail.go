package customers

import (
	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// mailTrouble says why a customer gets no mail, or less; zero when they get all of it.
type mailTrouble struct {
	Bounces string // in the words of who refused it
	URL     string // where to try again
	Facts   []page.Fact
}

// mailTrouble reads it. As the rest about mail it is about every product, so that who
// was given some only is not told.
func (s *Screens) mailTrouble(r *gate.Request, c enrolld.Customer) (out mailTrouble, err error) {
	if narrow(r) {
		return out, nil
	}
	why, err := s.frame.DB.SuppressionOf(r.Context(), r.Account.ID, c.Key)
	if err != nil {
		return out, err
	}
	if why.BouncedAt != nil {
		out.Bounces, out.URL = bounceWords(why), pathOf(r, c.ID)+"/mail"
	}
	if why.ComplainedAt != nil {
		out.Facts = append(out.Facts, page.Fact{Term: "Emails", Text: "Called our mail spam: gets only what a purchase brings"})
	}
	ended, err := s.frame.DB.OptOuts(r.Context(), r.Account.ID, c.ID)
	for _, kind := range ended {
		out.Facts = append(out.Facts, page.Fact{Term: "Unsubscribed from", Text: kind.InWords()})
	}
	return out, err
}

func bounceWords(s store.Suppression) string {
	if s.Reason == "" {
		return "Nothing is sent there."
	}
	return "Nothing is sent there. The answer was ‘" + s.Reason + "’."
}

// askMail asks whether to try an address again.
func (s *Screens) askMail(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	why, err := s.frame.DB.SuppressionOf(r.Context(), r.Account.ID, c.Key)
	if err != nil {
		return err
	}
	if why.BouncedAt == nil {
		return s.mailGoes(r, c)
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Mail to " + c.Label()), Confirm: page.Confirm{
		Title: "Try mail to " + c.Email + " again?",
		Text: []string{
			"Mail to this address came back. " + bounceWords(why) + " If the address has a typing error, trying again does not help.",
			"From now on mail is sent there again. What was not sent meanwhile is not sent late. Should it come back again, it stops by " +
				"itself, so there is nothing to take back.",
		},
		Action: pathOf(r, c.ID) + "/mail", Verb: "Try again", Cancel: pathOf(r, c.ID),
	}})
}

// tryMail lets mail go to an address again.
func (s *Screens) tryMail(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	err = s.frame.DB.LiftSuppression(r.Context(), r.Actor(), r.Account.ID, c.ID)
	if enrolld.CodeOf(err) == enrolld.Conflict {
		return s.mailGoes(r, c)
	}
	if err != nil {
		return err
	}
	return r.Done(pathOf(r, c.ID), "Mail to %s is tried again.", c.Email)
}

func (s *Screens) mailGoes(r *gate.Request, c enrolld.Customer) error {
	return r.Done(pathOf(r, c.ID), "Mail to %s is not kept back.", c.Email)
}
