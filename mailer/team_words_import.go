package mailer

import "enrolld"

// importWords are about lists of customers. Subject is the name of the file, Detail
// the counts: "412 new customers, 3 rows not taken".
var importWords = map[enrolld.TeamEvent]words{
	enrolld.EventImportDone: {
		subject:   "Your import into {account} is done",
		preheader: "Its page says what became of each row.",
		title:     "Your import is done",
		text: []string{
			"The list {subject} was imported into {account}.",
			"The result: {detail}.",
			"Rows that were not taken can be downloaded as a file, mended, and imported as it is.",
		},
		facts:   importFacts,
		button:  buttonImport,
		why:     whyImport,
		unnamed: "of customers",
	},
	enrolld.EventImportCancelled: {
		subject:   "Your import into {account} was cancelled",
		preheader: "What was given before stays.",
		title:     "Your import was cancelled",
		text: []string{
			"The import of the list {subject} into {account} was cancelled.",
			"Until then: {detail}.",
			"What was given before stays. The whole import can be undone.",
		},
		facts:   importFacts,
		button:  buttonImport,
		why:     whyImport,
		unnamed: "of customers",
	},
	enrolld.EventImportPaused: {
		subject:   "Your import into {account} needs a hand",
		preheader: "It is paused, since it could not go on.",
		title:     "Your import is paused",
		text: []string{
			"The import of the list {subject} into {account} could not go on and is paused.",
			"Until then: {detail}.",
			"Its page says what is wrong. Once that is mended, resume it there: it goes on where it stopped.",
		},
		facts:   importFacts,
		button:  buttonImport,
		why:     whyImport,
		unnamed: "of customers",
	},
}

const buttonImport = "See the import"

var (
	importFacts = []factWord{factAccount, {"File", "subject"}, factWhen}
	whyImport   = why{
		"You receive this email because you started an import into the account {account} at Enrolld and take mail about imports. " +
			"You can change that under Email preferences.",
		"You receive this email because you started an import at Enrolld and take mail about imports. " +
			"You can change that under Email preferences.",
	}
)
