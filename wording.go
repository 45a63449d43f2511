package enrolld

import (
	"regexp"
	"slices"
	"strings"
)

// Wording is a text of a kind of message in one language: the account's own, or
// ours. Placeholders stand in braces; what they mean is in package letter.
type Wording struct {
	ID       int64       `json:"id,omitempty"` // of the account's text, as it was saved; 0: our own
	Kind     MessageKind `json:"kind"`
	Name     string      `json:"name,omitempty"` // of a variant; empty: the standard one
	Lang     string      `json:"lang"`           // "de", "pt-BR"
	Revision int         `json:"revision,omitempty"`
	Subject  string      `json:"subject,omitempty"` // empty in one of ours, as are the others
	Body     string      `json:"body,omitempty"`
	Button   string      `json:"button,omitempty"`
}

// BuiltInLanguages are those that our own texts are written in.
var BuiltInLanguages = []string{"en", "de", "es", "fr", "it", "nl", "pt"}

// Limits of texts, in runes.
const (
	MaxWordingName    = 60
	MaxWordingSubject = 150
	MaxWordingBody    = 10_000
	MaxWordingButton  = 60
	// MaxWordings is how many texts an account may have.
	MaxWordings = 200
)

// MailSettings are an account's choices for mail to members.
type MailSettings struct {
	// Language is for members who have none of their own; empty: the site's.
	Language string
	// RemindDays is how long before its end a course's end is announced; 0: never.
	RemindDays int
	Off        []MessageKind // kinds that are not sent
	Revision   int64         // counts up with each change; 0: nothing was ever chosen
}

// DefaultMailSettings are those of an account that chose nothing.
func DefaultMailSettings() MailSettings { return MailSettings{RemindDays: 7} }

// MaxRemindDays bounds MailSettings.RemindDays.
const MaxRemindDays = 60

// Sends says whether messages of a kind are sent.
func (s MailSettings) Sends(k MessageKind) bool {
	return k.Always() || !slices.Contains(s.Off, k)
}

// Validate says what is wrong with the settings.
func (s MailSettings) Validate() error {
	switch {
	case s.RemindDays < 0 || s.RemindDays > MaxRemindDays:
		return Errorf(Invalid, "members can be reminded 1 to %d days before their access ends, or not at all with 0", MaxRemindDays)
	case s.Language != "" && !ValidLanguage(s.Language):
		return Errorf(Invalid, "%q is not a language: choose one of the list", clip(s.Language, 20))
	case slices.Contains(s.Off, MessageWelcome):
		return Errorf(Invalid, "the welcome cannot be switched off: without it a new member could not log in")
	case slices.Contains(s.Off, MessageEmailChanged):
		return Errorf(Invalid, "the note about a changed address cannot be switched off: it is for the member's safety")
	}
	for _, k := range s.Off {
		if !slices.Contains(MemberKinds, k) {
			return Errorf(Invalid, "there are no emails of kind %q", clip(string(k), 20))
		}
	}
	return nil
}

var language = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`)

// ValidLanguage says whether s is written as languages are here: "de", "pt-BR".
func ValidLanguage(s string) bool { return language.MatchString(s) }

// LanguageOf reads a WordPress locale, such as "pt_BR" or "de_DE_formal"; empty
// when it is none.
func LanguageOf(locale string) string {
	parts := strings.FieldsFunc(locale, func(r rune) bool { return r == '_' || r == '-' })
	if len(parts) == 0 {
		return ""
	}
	lang := strings.ToLower(parts[0])
	if len(parts) > 1 && len(parts[1]) == 2 {
		lang += "-" + strings.ToUpper(parts[1])
	}
	if !ValidLanguage(lang) {
		return ""
	}
	return lang
}

// BaseLanguage is a language without its region: "pt" of "pt-BR".
func BaseLanguage(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	return base
}

// ChooseWording picks the text for a message: of the account's texts the variant
// of that name, or else the standard one, in the member's language, else in its
// base language, else in the account's; and ours in the first of these languages
// that we have, in the end in English.
func ChooseWording(own []Wording, kind MessageKind, name, member, account string) Wording {
	langs := []string{member, BaseLanguage(member), account, BaseLanguage(account)}
	for _, n := range []string{name, ""} {
		for _, lang := range langs {
			i := slices.IndexFunc(own, func(w Wording) bool { return w.Kind == kind && w.Name == n && w.Lang == lang })
			if i >= 0 {
				return own[i]
			}
		}
	}
	for _, lang := range langs {
		if slices.Contains(BuiltInLanguages, lang) {
			return Wording{Kind: kind, Lang: lang}
		}
	}
	return Wording{Kind: kind, Lang: BuiltInLanguages[0]}
}
