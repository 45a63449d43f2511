package wording

import (
	"cmp"
	"slices"

	"enrolld"
	"enrolld/handlers/page"
)

// languages are those that can be chosen. WordPress has more, and texts in them
// are found as well once somebody writes their code into the address.
var languages = map[string]string{
	"ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "de-AT": "German (Austria)",
	"de-CH": "German (Switzerland)", "el": "Greek", "en": "English", "en-AU": "English (Australia)", "en-GB": "English (United Kingdom)",
	"es": "Spanish", "es-MX": "Spanish (Mexico)", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
	"fr-CA": "French (Canada)", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
	"it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian", "nl": "Dutch",
	"pl": "Polish", "pt": "Portuguese", "pt-BR": "Portuguese (Brazil)", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
	"sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
	"zh-CN": "Chinese (simplified)", "zh-TW": "Chinese (traditional)",
}

func languageName(lang string) string { return cmp.Or(languages[lang], lang) }

func languageOptions() []page.Option {
	var out []page.Option
	for code, title := range languages {
		group := "Other languages"
		if slices.Contains(enrolld.BuiltInLanguages, code) {
			group = "With a text of ours"
		}
		out = append(out, page.Option{Value: code, Label: title, Group: group})
	}
	slices.SortFunc(out, func(a, b page.Option) int {
		return cmp.Or(cmp.Compare(b.Group, a.Group), cmp.Compare(a.Label, b.Label))
	})
	return out
}
