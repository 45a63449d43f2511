package mailer

import "enrolld"

// memberWords are about what somebody may do in an account. Actor is who decided
// it, Detail the permissions in words; when the team changed it goes on where
// Subject begins: "was deactivated".
var memberWords = map[enrolld.TeamEvent]words{
	enrolld.EventTermsChanged: {
		subject:   "Your permissions in {account} changed",
		preheader: "{Actor} changed what you may do there.",
		title:     "Your permissions changed",
		text:      []string{"{Actor} changed what you may do in {account}. It counts at once, where you are signed in too."},
		facts:     []factWord{factAccount, {"Changed by", "actor"}, factPermissions, factWhen},
		button:    "Open the account",
		advice:    "Is something missing? Ask the owner of {account}.",
		why:       whyLogin,
	},
	enrolld.EventDeactivated: {
		subject:   "Your access to {account} was deactivated",
		preheader: "{Actor} did it. Your sessions were ended.",
		title:     "Your access was deactivated",
		text: []string{
			"{Actor} deactivated your access to {account}. Your sessions were ended, and links that were sent to you no longer work.",
			"Your login stays. If it opens other client accounts, sign in again to use them.",
		},
		facts:  []factWord{factAccount, {"Deactivated by", "actor"}, factWhen},
		advice: "Is this a mistake? Ask the owner of {account}, who can give the access back.",
		why:    whyHad,
	},
	enrolld.EventReactivated: {
		subject:   "Your access to {account} is back",
		preheader: "Sign in as before.",
		title:     "Your access is back",
		text:      []string{"{Actor} gave you back the access to {account}. Sign in as before."},
		facts:     []factWord{factAccount, {"Reactivated by", "actor"}, factWhen},
		button:    "Sign in",
		why:       whyLogin,
	},
	enrolld.EventRemoved: {
		subject:   "You no longer belong to {account}",
		preheader: "Your access has ended.",
		title:     "Your access has ended",
		text: []string{
			"Your access to {account} has ended, and with it your sessions. Links that were sent to you no longer work.",
			"Your login stays. If it opens other client accounts, sign in again to use them.",
		},
		facts:  []factWord{factAccount, {"Removed by", "actor"}, factWhen},
		advice: "Is this a mistake? Ask the owner of {account} for a new invitation.",
		why:    whyHad,
	},
	enrolld.EventTeamChanged: {
		subject:    "A change to the users of {account}",
		preheader:  "{Subject} {detail}.",
		title:      "A change to the users of {account}",
		text:       []string{"{Subject} {detail}."},
		facts:      []factWord{factAccount, {"User", "subject"}, {"Changed by", "actor"}, factWhen},
		button:     buttonUsers,
		advice:     "Is this not as it should be? Ask {actor}, or the owner of {account}.",
		why:        whyTopic,
		undetailed: "was changed",
	},
	enrolld.EventTransferOffered: {
		subject:   "{Actor} offers the ownership of {account}",
		preheader: "It changes hands once the offer is accepted.",
		title:     "The ownership of {account} is offered",
		text: []string{
			"{Actor} offers the ownership of {account} to {subject}.",
			"Once the offer is accepted, with a second factor, the new owner may do everything in the account and alone may pass it on. " +
				"The owner before becomes an Admin with all permissions.",
		},
		facts:     []factWord{factAccount, {"Offered by", "actor"}, {"Offered to", "subject"}, factWhen},
		button:    "See the offer",
		needsLink: true,
		note:      "The offer is open until {until}.",
		advice:    "Was this not agreed? Do not accept it. The owner can take the offer back at any time.",
		why:       whyLogin,
		unnamed:   "you",
	},
	enrolld.EventTransferDone: {
		subject:   "{Account} has a new owner",
		preheader: "The offer was accepted.",
		title:     "{Account} has a new owner",
		text: []string{
			"The ownership of {account} went to {subject}. The owner before is an Admin with all permissions now.",
		},
		facts:   []factWord{factAccount, {"New owner", "subject"}, factWhen},
		button:  "Open the account",
		advice:  "Was this not agreed? Set a new password at once, and tell whoever runs Enrolld for you.",
		why:     whyLogin,
		unnamed: "another person",
	},
}
