package letter

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"enrolld"
)

//go:embed texts/*/*.txt
var texts embed.FS

type textKey struct {
	kind enrolld.MessageKind
	lang string
}

var standards = readTexts()

// readTexts reads our own texts: "Subject: …" and "Button: …", an empty line, the
// body.
func readTexts() map[textKey]enrolld.Wording {
	out := map[textKey]enrolld.Wording{}
	for _, lang := range enrolld.BuiltInLanguages {
		for _, kind := range enrolld.MemberKinds {
			b, err := texts.ReadFile(path.Join("texts", lang, string(kind)+".txt"))
			if err != nil {
				panic(fmt.Sprintf("a text of ours is missing: %v", err)) // a defect of the build
			}
			head, body, _ := strings.Cut(string(b), "\n\n")
			subject, button, _ := strings.Cut(head, "\n")
			out[textKey{kind, lang}] = enrolld.Wording{
				Kind: kind, Lang: lang, Body: strings.TrimSpace(body),
				Subject: strings.TrimPrefix(subject, "Subject: "), Button: strings.TrimPrefix(button, "Button: "),
			}
		}
	}
	return out
}

// Standard is our own text of a kind in a language, in its base language or else
// in English.
func Standard(kind enrolld.MessageKind, lang string) enrolld.Wording {
	for _, l := range []string{lang, enrolld.BaseLanguage(lang)} {
		if slices.Contains(enrolld.BuiltInLanguages, l) {
			return standards[textKey{kind, l}]
		}
	}
	return standards[textKey{kind, enrolld.BuiltInLanguages[0]}]
}

// Whole is a wording with our own text where it has none.
func Whole(w enrolld.Wording) enrolld.Wording {
	if w.Body != "" {
		return w
	}
	return Standard(w.Kind, w.Lang)
}
