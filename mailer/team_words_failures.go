package mailer

import "enrolld"

// failureWords are the daily mail about failures. Detail counts them: "3
// deliveries, 1 email"; the lines say what, why and where to look.
var failureWords = map[enrolld.TeamEvent]words{
	enrolld.EventFailures: {
		subject:   "{Account}: something needs a hand",
		preheader: "Needs a hand: {detail}.",
		title:     "Something needs a hand in {account}",
		text: []string{
			"What could not be finished in {account}, or fell silent, since the last such email: {detail}.",
			"You hear of each once. What waits stays where it is until somebody looks after it. A checkout tool that sends nothing may have switched its webhook off.",
		},
		facts:  []factWord{factAccount},
		button: "Open the overview",
		why: why{
			"You receive this email because you have a login at Enrolld for the account {account} and take mail about failures. " +
				"You can change that under Email preferences.",
			"You receive this email because you have a login at Enrolld and take mail about failures. " +
				"You can change that under Email preferences.",
		},
		undetailed: "something",
	},
}
