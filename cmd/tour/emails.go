package tour

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/mailer/letter"
	"enrolld/store/wording"
)

// writeTexts gives the academy texts of its own: a German welcome, a variant for
// those who moved, and a reminder that is not sent.
func (o *Office) writeTexts(ctx context.Context) error {
	by := o.Owner.Actor()
	texts := wording.New(o.DB)
	german := letter.Standard(enrolld.MessageWelcome, "de")
	german.Subject = "Herzlich willkommen bei {site}, {first_name}"
	moved := letter.Standard(enrolld.MessageWelcome, "en")
	moved.Name, moved.Subject = "Moved from Teachable", "Your courses have moved to {site}"
	moved.Body = "# We have moved\n\nHello {first_name},\n\nyour courses have a new home. Everything you bought is there:\n\n{courses}\n\n" +
		"Choose a password, and go on where you stopped:\n\n{set_password_link}\n\nWhat is new:\n\n- lessons can be downloaded\n- **no** app is needed\n\n" +
		"Questions? Write to {contact}."
	for _, w := range []enrolld.Wording{german, moved} {
		if err := texts.Save(ctx, by, o.Account.ID, w); err != nil {
			return fmt.Errorf("write the text %q: %w", w.Name, err)
		}
	}
	return texts.SaveSettings(ctx, by, o.Account.ID, enrolld.MailSettings{RemindDays: 14, Off: []enrolld.MessageKind{enrolld.MessageExpired}})
}

func (o *Office) emailScreens() []Screen {
	const welcome = "/emails/templates/edit?kind=welcome&lang="
	return []Screen{
		{Name: "email-templates", Path: o.at("/emails/templates")},
		{Name: "email-templates-wrong", Path: o.at("/emails/templates"), then: submits("Save", "remind_days", "many")},
		{Name: "email-template", Path: o.at(welcome + "en")},
		{Name: "email-template-own", Path: o.at(welcome + "de")},
		{Name: "email-template-variant", Path: o.at(welcome + "en&name=Moved+from+Teachable")},
		{Name: "email-template-wrong", Path: o.at(welcome + "fr"), then: submits("Save", "subject", "Hello {firstname}", "body", "Welcome to {sight}.")},
		{Name: "email-template-reset", Path: o.at("/emails/templates/reset?kind=welcome&lang=de")},
	}
}
