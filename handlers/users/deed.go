package users

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// deed is something dangerous that is done to a user after a question.
type deed struct {
	change      enrolld.Change
	path        string // below the user's address
	title, text string // on the user's page
	verb, icon  string
	danger      bool
	question    string                                 // of a name
	means       func(name, account string) []string    // what will happen, and how to take it back
	done        string                                 // of a name
	after       func(r *gate.Request, id int64) string // where to go then
	run         func(context.Context, *team.Team, enrolld.Actor, int64, int64) error
}

var deactivate = deed{
	change: enrolld.ChangeDeactivate, path: "/deactivate", verb: "Deactivate", icon: "lock", danger: true,
	title: "Deactivate", text: "No entry from now on. The user stays in the list and can be reactivated.",
	question: "Deactivate %s?",
	means: func(name, account string) []string {
		return []string{
			fmt.Sprintf("%s can no longer enter %s. All sessions end at once, in other accounts too; links that were sent and not used "+
				"stop working, and so do open invitations that %s sent or received here.", name, account, name),
			"What the user did stays, and so do their permissions. You can reactivate them under Deactivated; links and invitations have to " +
				"be sent anew.",
		}
	},
	done: "%s is deactivated and signed out everywhere.", after: toMember,
	run: func(ctx context.Context, t *team.Team, a enrolld.Actor, account, id int64) error {
		return t.Deactivate(ctx, a, account, id)
	},
}

var reactivate = deed{
	change: enrolld.ChangeReactivate, path: "/reactivate", verb: "Reactivate", icon: "undo",
	title: "Reactivate", text: "Entry again, with the permissions as they were.",
	question: "Reactivate %s?",
	means: func(name, account string) []string {
		return []string{
			fmt.Sprintf("%s can sign in and enter %s again, with the permissions that are shown on their page, except those that have ended.",
				name, account),
			"You can deactivate them again at any time.",
		}
	},
	done: "%s is active again.", after: toMember,
	run: func(ctx context.Context, t *team.Team, a enrolld.Actor, account, id int64) error {
		return t.Reactivate(ctx, a, account, id)
	},
}

var remove = deed{
	change: enrolld.ChangeRemove, path: "/remove", verb: "Remove", icon: "remove", danger: true,
	title: "Remove", text: "Gone from this account. The address can be invited again.",
	question: "Remove %s?",
	means: func(name, account string) []string {
		return []string{
			fmt.Sprintf("%s is gone from %s, with all permissions. All sessions end at once, in other accounts too; links that were sent and "+
				"not used stop working, and so do open invitations that %s sent or received here.", name, account, name),
			"What they did stays in the audit log, and their login keeps what it has in other accounts. To take it back, invite the address " +
				"again.",
		}
	},
	done: "%s is removed from this account.", after: func(r *gate.Request, _ int64) string { return r.Path(usersPath) },
	run: func(ctx context.Context, t *team.Team, a enrolld.Actor, account, id int64) error {
		return t.Remove(ctx, a, account, id)
	},
}

var endSessions = deed{
	change: enrolld.ChangeSessions, path: "/sessions/end", verb: "End sessions", icon: "signout",
	title: "End all sessions", text: "Signs the user out everywhere, for example when a laptop was lost.",
	question: "End all sessions of %s?",
	means: func(name, _ string) []string {
		return []string{
			fmt.Sprintf("%s is signed out of every browser at once, in other accounts too, and has to sign in again. What is half typed there "+
				"is lost.", name),
			"If somebody else may know the password, the user should set a new one.",
		}
	},
	done: "%s is signed out everywhere.", after: toMember,
	run: func(ctx context.Context, t *team.Team, a enrolld.Actor, account, id int64) error {
		_, err := t.EndSessionsOf(ctx, a, account, id)
		return err
	},
}

var resetFactor = deed{
	change: enrolld.ChangeFactors, path: "/second-factor/reset", verb: "Reset second factor", icon: "phone", danger: true,
	title: "Reset the second factor", text: "For a lost phone, when there are no recovery codes left either.",
	question: "Reset the second factor of %s?",
	means: func(name, _ string) []string {
		return []string{
			fmt.Sprintf("Their authenticator app, passkeys and recovery codes stop working, and %s is signed out everywhere. Until a new second "+
				"factor is set up, the password alone opens this login. You both get a mail about it.", name),
			"Be sure that it is really them who asks: call them. This cannot be taken back; they set up a new one after they signed in.",
		}
	},
	done: "The second factor of %s is reset.", after: toMember,
	run: func(ctx context.Context, t *team.Team, a enrolld.Actor, account, id int64) error {
		return t.ResetSecondFactor(ctx, a, account, id)
	},
}

func toMember(r *gate.Request, id int64) string { return memberURL(r, id, "") }

// ask shows the question, to whoever may do it.
func (s *Screens) ask(d deed) func(*gate.Request) error {
	return func(r *gate.Request) error {
		m, err := s.found(r)
		if err != nil {
			return err
		}
		if err := check(r, m.Member, d.change); err != nil {
			return err
		}
		title := fmt.Sprintf(d.question, m.Login.Label())
		return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base(title), Confirm: page.Confirm{
			Title: title, Text: d.means(m.Login.Label(), r.Membership.Account.Name), Action: memberURL(r, m.ID, d.path), Verb: d.verb,
			Danger: d.danger, Cancel: memberURL(r, m.ID, ""),
		}})
	}
}

// do does it and says so.
func (s *Screens) do(d deed) func(*gate.Request) error {
	return func(r *gate.Request) error {
		m, err := s.found(r)
		if err != nil {
			return err
		}
		if err := d.run(r.Context(), s.team, r.Actor(), r.Membership.AccountID, m.ID); err != nil {
			return err
		}
		return r.Done(d.after(r, m.ID), d.done, m.Login.Label())
	}
}
