package mailer

import "enrolld"

// factorWords are about second factors. Subject is the factor ("an authenticator
// app"); when somebody reset it, the person whose it was. Detail is a sentence: "7 codes are left."
var factorWords = map[enrolld.TeamEvent]words{
	enrolld.EventFactorAdded: {
		subject:   "New second factor: {subject}",
		preheader: "It can be used to sign in to Enrolld.",
		title:     "New second factor",
		text: []string{
			"Your login at Enrolld has a new second factor: {subject}.",
			"From now on, signing in asks for a second factor.",
		},
		facts:   append([]factWord{{"Second factor", "subject"}}, factsOrigin...),
		button:  buttonProtect,
		advice:  adviceNotYou,
		why:     whyLogin,
		unnamed: "one without a name",
	},
	enrolld.EventFactorRemoved: {
		subject:   "Second factor removed: {subject}",
		preheader: "It can no longer be used to sign in to Enrolld.",
		title:     "Second factor removed",
		text:      []string{"A second factor of your login at Enrolld was removed: {subject}."},
		facts:     append([]factWord{{"Second factor", "subject"}}, factsOrigin...),
		button:    buttonProtect,
		advice:    adviceNotYou,
		why:       whyLogin,
		unnamed:   "one without a name",
	},
	enrolld.EventFactorReset: {
		subject:   "The second factor of {subject} was reset",
		preheader: "{Actor} did it. All sessions were ended.",
		title:     "Second factor reset",
		text: []string{
			"{Actor} reset the second factor of {subject}. The authenticator app, passkeys and recovery codes no longer work, " +
				"and all sessions were ended.",
			"A new second factor can be set up under Security after signing in with the password.",
		},
		facts:  []factWord{factAccount, {"Login", "subject"}, {"Reset by", "actor"}, factWhen},
		button: buttonProtect,
		advice: "Was this not agreed? Set a new password at once, and tell the owner of the client account.",
		why:    whyLogin,
	},
	enrolld.EventCodesMade: {
		subject:   "New recovery codes for your login at Enrolld",
		preheader: "Codes that were made before no longer work.",
		title:     "New recovery codes",
		text: []string{
			"New recovery codes were made for your login at Enrolld. Codes that were made before no longer work.",
			"Keep them where you find them without your phone.",
		},
		facts:  factsOrigin,
		button: buttonProtect,
		advice: adviceNotYou,
		why:    whyLogin,
	},
	enrolld.EventCodeUsed: {
		subject:   "A recovery code was used to sign in",
		preheader: "It took the place of the second factor.",
		title:     "A recovery code was used",
		text: []string{
			"Somebody signed in with your login at Enrolld and a recovery code in place of the second factor. " +
				"The code does not work again.",
			"{detail}",
			"You can make new ones under Security.",
		},
		facts:  factsOrigin,
		button: buttonProtect,
		advice: adviceNotYou,
		why:    whyLogin,
	},
	enrolld.EventFactorPolicy: {
		subject:   "A second factor is required in {account}",
		preheader: "Set one up to keep working there.",
		title:     "Set up a second factor",
		text: []string{
			"Everybody in {account} needs a second factor from {until} on. Your login has none yet.",
			"Set up an authenticator app or a passkey. It takes two minutes.",
			"Without one you can still sign in from then on, but only to set one up.",
		},
		facts:   []factWord{factAccount, {"Decided by", "actor"}, {"Required from", "until"}},
		button:  "Set up a second factor",
		why:     whyLogin,
		undated: "now",
	},
}
