package tour

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is one way to see a screen.
type Look struct {
	Name          string
	Width, Height int64 // in CSS pixels
	Scheme        string
	Phone         bool
}

// Looks are all ways in which screens are looked at.
func Looks() []Look {
	return []Look{
		{"light", 1280, 800, "light", false},
		{"dark", 1280, 800, "dark", false},
		{"phone-light", 390, 844, "light", true},
		{"phone-dark", 390, 844, "dark", true},
	}
}

// Show makes a tab look like that; the page stays as it is. A height of 0 is the
// look's own.
func Show(tab context.Context, l Look, height int64) error {
	if height == 0 {
		height = l.Height
	}
	if err := chromedp.Do(tab, chromedp.EmulateViewport(l.Width, height)); err != nil {
		return fmt.Errorf("set the size of the window: %w", err)
	}
	_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.Scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		return fmt.Errorf("set light or dark: %w", err)
	}
	// A tab that nobody looks at does not move on by itself.
	_, err = chromedp.Run(tab, chromedp.Evaluate[bool](`document.getAnimations().forEach((a) => a.finish()) ?? true`))
	return err
}
