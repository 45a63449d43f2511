package account

import (
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type leavePage struct {
	page.Base
	Client       string
	Owner        bool
	OwnershipURL string
	Confirm      page.Confirm
}

var leaveView = page.New[leavePage](files, "leave")

func (s *Screens) askLeave(r *gate.Request) error {
	name := client(r).Name
	return gate.Show(r, leaveView, &leavePage{
		Base: r.Base("Leave"), Client: name, Owner: r.Membership.Type == enrolld.TypeOwner, OwnershipURL: r.Path(ownershipPath),
		Confirm: page.Confirm{
			Title: fmt.Sprintf("Leave %s?", name),
			Text: []string{
				fmt.Sprintf("You can no longer enter %s or anything below it, and invitations that you sent and nobody accepted end. "+
					"Your login stays, with the other accounts that it opens.", name),
				"You cannot take this back yourself: to come back, ask the owner or an Admin for a new invitation.",
			},
			Action: r.Path(leavePath), Verb: "Leave", Danger: true, Cancel: r.Path(""),
		},
	})
}

func (s *Screens) leave(r *gate.Request) error {
	if err := s.team.Leave(r.Context(), r.Actor(), client(r).ID); err != nil {
		return err
	}
	return r.Done(page.HomeURL, "You left %s.", client(r).Name)
}
