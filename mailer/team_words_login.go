package mailer

import (
	"slices"

	"enrolld"
)

// loginWords are about signing in, passwords and addresses. In those about a
// change of address Subject is the new address; Detail is how somebody signed in.
var loginWords = map[enrolld.TeamEvent]words{
	enrolld.EventSetPassword: {
		subject:   "Set your password for Enrolld",
		preheader: "Choose a password, and you can sign in.",
		title:     "Set your password",
		text: []string{
			"A login at Enrolld was made for you. Choose a password, and you can sign in.",
		},
		facts:     []factWord{factAccount, {"Login", "subject"}},
		button:    "Set your password",
		needsLink: true,
		note:      noteOnce,
		advice:    "Did you not expect this? Ignore this email: nobody can sign in before a password is set.",
		why:       whyLogin,
	},
	enrolld.EventPasswordReset: {
		subject:   "Reset your password for Enrolld",
		preheader: "Somebody asked for a link to choose a new password.",
		title:     "Reset your password",
		text: []string{
			"Somebody asked to reset the password of your login at Enrolld. If it was you, choose a new one now.",
			"If you have a second factor, you need it as before.",
		},
		facts:     factsOrigin,
		button:    "Choose a new password",
		needsLink: true,
		note:      noteOnce,
		advice:    "Was this not you? Ignore this email: your password stays as it is.",
		why:       whyLogin,
	},
	enrolld.EventNoLogin: {
		subject:   "There is no login for this address at Enrolld",
		preheader: "Somebody asked to reset a password with this address.",
		title:     "No login for this address",
		text: []string{
			"Somebody asked to reset a password at Enrolld and entered this address. There is no login for it.",
			"If it was you, try the address that you were invited with, or ask for a new invitation.",
		},
		facts:  factsOrigin,
		advice: "Was this not you? Ignore this email: nothing has changed.",
		why:    whyEntered,
	},
	enrolld.EventPasswordChanged: {
		subject:   "Your password for Enrolld was changed",
		preheader: "Other sessions were ended.",
		title:     "Your password was changed",
		text: []string{
			"The password of your login at Enrolld was changed.",
			"Other sessions were ended, and links that were sent to you before no longer work.",
		},
		facts:  factsOrigin,
		button: buttonProtect,
		advice: "Was this not you? Ask for a new password at the sign-in page at once, and tell the owner of your client account.",
		why:    whyLogin,
	},
	enrolld.EventNewSignIn: {
		subject:   "New sign-in to your login at Enrolld",
		preheader: "It came from a browser that we have not seen before.",
		title:     "New sign-in",
		text: []string{
			"Somebody signed in with your login at Enrolld, from a browser that we have not seen before.",
			"If it was you, there is nothing to do.",
		},
		facts:  append(slices.Clone(factsOrigin), factWord{"Signed in with", "detail"}),
		button: buttonProtect,
		advice: adviceNotYou,
		why:    whyLogin,
	},
	enrolld.EventEmailChangeOld: {
		subject:   "Confirm that your email address changes",
		preheader: "Your login at Enrolld is to get another address.",
		title:     "Confirm that your address changes",
		text: []string{
			"Somebody who is signed in as you asked to change the address of your login at Enrolld to {subject}.",
			"It changes once it is confirmed from both addresses, this one and the new one.",
		},
		facts:     append([]factWord{{"New address", "subject"}}, factsOrigin...),
		button:    "Confirm the change",
		needsLink: true,
		note:      noteOnce,
		advice:    "Was this not you? Do not confirm it, and set a new password at once: somebody else is signed in as you.",
		why:       whyLogin,
		unnamed:   "another one",
	},
	enrolld.EventEmailChangeNew: {
		subject:   "Confirm your new email address",
		preheader: "This address was entered for a login at Enrolld.",
		title:     "Confirm your new address",
		text: []string{
			"This address was entered as the new one of a login at Enrolld.",
			"It changes once it is confirmed from both addresses, this one and the one before.",
		},
		facts:     []factWord{factWhen},
		button:    "Confirm this address",
		needsLink: true,
		note:      noteOnce,
		advice:    "Do you know nothing of this? Ignore this email: nothing changes.",
		why:       whyEntered,
	},
	enrolld.EventEmailChanged: {
		subject:   "The email address of your login was changed",
		preheader: "Sign in with the new address from now on.",
		title:     "Your address was changed",
		text: []string{
			"The address of your login at Enrolld is now {subject}. Sign in with it from now on.",
			"Mail goes there, and links that were sent before no longer work.",
		},
		facts:  append([]factWord{{"New address", "subject"}}, factsOrigin...),
		button: buttonProtect,
		advice: "Was this not you? Tell the owner of your client account, who can deactivate the login.",
		why: why{
			"You receive this email because this is the old or the new address of a login at Enrolld.",
			"You receive this email because this is the old or the new address of a login at Enrolld.",
		},
		unnamed: "another one",
	},
}

// addressTaken is what a new address hears that has a login of its own.
var addressTaken = words{
	subject:   "This address has a login at Enrolld already",
	preheader: "It was entered as the new address of another login.",
	title:     "This address has a login already",
	text: []string{
		"This address was entered as the new one of another login at Enrolld. It has a login of its own, so nothing changes.",
		"If it was you, sign in with the login of this address, or choose another address.",
	},
	facts:  []factWord{factWhen},
	advice: "Was this not you? Ignore this email: your login is as it was.",
	why:    whyLogin,
}
