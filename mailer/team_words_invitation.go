package mailer

import "enrolld"

// invitationWords are about invitations and new logins. Actor is who invited or
// made the login, Subject the person or the address, Detail the permissions in
// words.
var invitationWords = map[enrolld.TeamEvent]words{
	enrolld.EventInvitation: {
		subject:   "{Actor} invited you to {account}",
		preheader: "Accept it with the login of this address, or make one.",
		title:     "You are invited to {account}",
		text: []string{
			"{Actor} invited you to work in {account} at Enrolld, where course sellers look after their sales and members.",
			"Accept the invitation with the login of this address. If it has none yet, you make one on the way.",
		},
		facts:     []factWord{factAccount, {"Invited by", "actor"}, factPermissions},
		button:    "See the invitation",
		needsLink: true,
		note:      "The link is for this address only, works once and is valid until {until}.",
		advice:    "Do you not know what this is about? Ignore this email: nothing happens until you accept.",
		why:       whyInvited,
	},
	enrolld.EventInvitationReminder: {
		subject:   "Your invitation to {account} ends soon",
		preheader: "{Actor} invited you. The link still works.",
		title:     "Your invitation ends soon",
		text: []string{
			"The invitation to {account} that {actor} sent you is still open.",
			"When it has ended you need a new one.",
		},
		facts:     []factWord{factAccount, {"Invited by", "actor"}, factPermissions},
		button:    "See the invitation",
		needsLink: true,
		note:      "The link is for this address only, works once and is valid until {until}.",
		advice:    "Do you not want it? Ignore this email: the invitation ends by itself.",
		why:       whyInvited,
	},
	enrolld.EventInvitationAccepted: {
		subject:   "{Subject} joined {account}",
		preheader: "The invitation was accepted.",
		title:     "An invitation was accepted",
		text:      []string{"{Subject} accepted the invitation to {account} and can work there now."},
		facts:     []factWord{factAccount, {"User", "subject"}, factPermissions, factWhen},
		button:    buttonUsers,
		why:       whyTopic,
	},
	enrolld.EventInvitationExpired: {
		subject:   "The invitation of {subject} expired",
		preheader: "It was open for seven days.",
		title:     "An invitation expired",
		text: []string{
			"The invitation of {subject} to {account} was not accepted in time. Its link no longer works.",
			"If it is still wanted, send a new link from Pending Invitations.",
		},
		facts:   []factWord{factAccount, {"Invited address", "subject"}, {"Expired", "until"}},
		button:  "See the invitations",
		why:     whyTopic,
		unnamed: "an address",
	},
	enrolld.EventLoginCreated: {
		subject:   "New login in {account}: {subject}",
		preheader: "Somebody other than you made it.",
		title:     "New login in {account}",
		text: []string{
			"{Subject} has a new login in {account}.",
			"You hear of it because you own the account and did not make the login yourself.",
		},
		facts:   []factWord{factAccount, {"Login", "subject"}, {"Made by", "actor"}, factPermissions, factWhen},
		button:  buttonUsers,
		advice:  "Is this not as it should be? Deactivate the login: its sessions end at once.",
		why:     whyOwner,
		unnamed: "a person without a name",
	},
	enrolld.EventLoginMade: {
		subject:   "A login was made for you in {account}",
		preheader: "Ask for the password: it is not sent by email.",
		title:     "A login was made for you",
		text: []string{
			"{Actor} made a login at Enrolld for you, to work in {account}.",
			"The password is not sent by email: ask {actor} for it. You can choose your own at any time.",
		},
		facts:  []factWord{factAccount, {"Login", "subject"}, {"Made by", "actor"}, factPermissions},
		button: "Sign in",
		advice: "Do you not know what this is about? Do not sign in, and ignore this email.",
		why:    whyLogin,
	},
}
