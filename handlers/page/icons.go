package page

import (
	"fmt"
	"html/template"
	"strings"
)

// icons are drawn on a field of 20 by 20 with a line of 1.5.
var icons = map[string]string{
	// places
	"overview":     `<path d="M3 9.5 10 3.5l7 6M5 8v8.5h10V8M8.25 16.5v-4.5h3.5v4.5"/>`,
	"customers":    `<circle cx="7.5" cy="6.75" r="2.75"/><path d="M2.25 16.25c.4-3 2.4-4.75 5.25-4.75s4.85 1.75 5.25 4.75M13 4.2a2.75 2.75 0 0 1 0 5.1M14.75 11.9c1.75.6 2.75 2.1 3 4.35"/>`,
	"products":     `<path d="M10 5.5C8.3 4.2 5.9 3.75 3 3.75v11c2.9 0 5.3.45 7 1.75 1.7-1.3 4.1-1.75 7-1.75v-11c-2.9 0-5.3.45-7 1.75Zm0 0v11"/>`,
	"orders":       `<path d="M4.5 17V3.5h11V17l-2.2-1.4L11.1 17 10 16.2 8.9 17l-2.2-1.4L4.5 17ZM7.5 7h5M7.5 10.25h5"/>`,
	"coupons":      `<path d="M3 8.75V3.5h5.25l8.5 8.5-5.25 5.25L3 8.75Z"/><circle cx="6.25" cy="6.75" r=".75"/>`,
	"statistics":   `<path d="M3.5 3.5v13h13M7 13v-2.5M10.5 13V7M14 13V9"/>`,
	"affiliates":   `<circle cx="5" cy="10" r="2"/><circle cx="14.5" cy="5" r="2"/><circle cx="14.5" cy="15" r="2"/><path d="m6.8 9.1 5.9-3.2M6.8 10.9l5.9 3.2"/>`,
	"emails":       `<rect x="2.75" y="4.5" width="14.5" height="11" rx="1.5"/><path d="m3.25 6 6.75 5 6.75-5"/>`,
	"deliveries":   `<path d="M3 11.5 5 4.25h10l2 7.25v4.25H3V11.5Zm0 0h4c0 1.6 1.2 2.5 3 2.5s3-.9 3-2.5h4"/>`,
	"integrations": `<path d="M7 3v4M13 3v4M5 7h10v2.5c0 2.8-2 4.75-5 4.75S5 12.3 5 9.5V7ZM10 14.25V17.5"/>`,
	"imports":      `<path d="M10 13V3.75M6.5 7 10 3.5 13.5 7M3.5 12.5v4h13v-4"/>`,
	"settings":     `<path d="M3 6h6.25M13.25 6H17M3 14h3.75M10.75 14H17"/><circle cx="11.25" cy="6" r="2"/><circle cx="8.75" cy="14" r="2"/>`,
	"account":      `<path d="M4.5 17V3.5h7.25V17M11.75 8h4V17M2.75 17h14.5M7 6.75h2.25M7 10h2.25M7 13.25h2.25"/>`,
	"users":        `<circle cx="10" cy="6.5" r="3"/><path d="M4 16.75c.4-3.25 2.75-5.25 6-5.25s5.6 2 6 5.25"/>`,
	"invite":       `<circle cx="8.25" cy="6.5" r="3"/><path d="M2.5 16.75c.4-3.25 2.6-5.25 5.75-5.25 1.6 0 3 .5 4 1.4M15 11.75v5M12.5 14.25h5"/>`,
	"security":     `<path d="M10 2.75 4 5v4.5c0 3.7 2.3 6.3 6 7.75 3.7-1.45 6-4.05 6-7.75V5l-6-2.25ZM7.5 9.75l1.9 1.9 3.35-3.5"/>`,
	"payment":      `<rect x="2.75" y="4.5" width="14.5" height="11" rx="1.5"/><path d="M2.75 8.25h14.5M5.75 12.25h2.5"/>`,
	"domains":      `<circle cx="10" cy="10" r="7"/><path d="M3 10h14M10 3c2 2 2.9 4.3 2.9 7s-.9 5-2.9 7c-2-2-2.9-4.3-2.9-7S8 5 10 3Z"/>`,
	"audit":        `<path d="M3.25 4v3.5h3.5M3.6 7.25A7 7 0 1 1 3 10M10 6.5V10l2.5 1.75"/>`,
	// states
	"check-circle": `<circle cx="10" cy="10" r="7"/><path d="m6.9 10.2 2.1 2.1 4.1-4.4"/>`,
	"x-circle":     `<circle cx="10" cy="10" r="7"/><path d="m7.6 7.6 4.8 4.8M12.4 7.6l-4.8 4.8"/>`,
	"warning":      `<path d="M10 3.25 2.5 16.5h15L10 3.25ZM10 8v4"/><path d="M10 14.25v.01" stroke-width="1.9"/>`,
	"info":         `<circle cx="10" cy="10" r="7"/><path d="M10 9.25v4.25"/><path d="M10 6.6v.01" stroke-width="1.9"/>`,
	"circle":       `<circle cx="10" cy="10" r="6.25"/>`,
	"clock":        `<circle cx="10" cy="10" r="7"/><path d="M10 6v4.1l2.75 1.65"/>`,
	"lock":         `<rect x="4" y="9" width="12" height="8" rx="1.5"/><path d="M6.75 9V6.5a3.25 3.25 0 0 1 6.5 0V9"/>`,
	// things to do
	"menu":     `<path d="M3 5.5h14M3 10h14M3 14.5h14"/>`,
	"search":   `<circle cx="9" cy="9" r="5.25"/><path d="m13 13 4 4"/>`,
	"plus":     `<path d="M10 4v12M4 10h12"/>`,
	"check":    `<path d="m4.5 10.5 3.75 3.75 7.5-8.25"/>`,
	"close":    `<path d="m5 5 10 10M15 5 5 15"/>`,
	"down":     `<path d="m5.5 8 4.5 4.5L14.5 8"/>`,
	"updown":   `<path d="m6.5 7.75 3.5-3.5 3.5 3.5M6.5 12.25l3.5 3.5 3.5-3.5"/>`,
	"left":     `<path d="M12 5.5 7.5 10l4.5 4.5"/>`,
	"right":    `<path d="M8 5.5 12.5 10 8 14.5"/>`,
	"eye":      `<path d="M2.25 10C4 6.75 6.75 5 10 5s6 1.75 7.75 5C16 13.25 13.25 15 10 15s-6-1.75-7.75-5Z"/><circle cx="10" cy="10" r="2.25"/>`,
	"copy":     `<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/><path d="M13 4.75V3.5H5A1.5 1.5 0 0 0 3.5 5v8h1.25"/>`,
	"edit":     `<path d="m12.75 4.5 2.75 2.75L7 15.75l-3.5.75.75-3.5 8.5-8.5Z"/>`,
	"remove":   `<path d="M3.75 5.5h12.5M7.75 5.5V3.25h4.5V5.5M5.25 5.5l.75 11.25h8l.75-11.25M8.5 9v4.5M11.5 9v4.5"/>`,
	"send":     `<path d="M17 3.25 2.75 8.5l5.5 2.75M17 3.25 11.5 17l-3.25-5.75M17 3.25l-8.75 8"/>`,
	"download": `<path d="M10 3.5v9.25M6.5 9.5 10 13l3.5-3.5M3.5 13v3.5h13V13"/>`,
	"external": `<path d="M8.5 4.5h-5v12h12v-5M11.5 3.5h5v5M16.25 3.75 9.5 10.5"/>`,
	"signout":  `<path d="M8 3.5H3.75v13H8M12.75 6.5 16.25 10l-3.5 3.5M16 10H7.75"/>`,
	"undo":     `<path d="M7 4 3.5 7.5 7 11M4 7.5h7.5a4.25 4.25 0 0 1 0 8.5H7"/>`,
	"refresh":  `<path d="M16.5 4v4h-4M3.5 16v-4h4M16.1 7.75A6.5 6.5 0 0 0 4.4 6.6M3.9 12.25a6.5 6.5 0 0 0 11.7 1.15"/>`,
	"key":      `<circle cx="6.75" cy="13.25" r="3.25"/><path d="m9.1 10.9 7.15-7.15M13 7l2.25 2.25"/>`,
	"phone":    `<rect x="5.75" y="2.75" width="8.5" height="14.5" rx="1.75"/><path d="M9 14.75h2"/>`,
	"laptop":   `<rect x="4" y="4" width="12" height="8.5" rx="1.25"/><path d="M2.25 15.5h15.5"/>`,
	"filter":   `<path d="M3 5.5h14M6 10h8M8.5 14.5h3"/>`,
	"more":     `<g fill="currentColor" stroke="none"><circle cx="4.5" cy="10" r="1.4"/><circle cx="10" cy="10" r="1.4"/><circle cx="15.5" cy="10" r="1.4"/></g>`,
	"bell":     `<path d="M5 13.5V9a5 5 0 0 1 10 0v4.5l1.25 1.25H3.75L5 13.5ZM8.5 17h3"/>`,
}

// icon draws one. Beside words it is hidden from assistive tools; when it stands
// alone, name says what it means.
func icon(id any, name ...string) (template.HTML, error) {
	paths, ok := icons[str(id)]
	if !ok {
		return "", fmt.Errorf("no icon %q", str(id))
	}
	label := `aria-hidden="true"`
	if n := strings.Join(name, " "); n != "" {
		label = fmt.Sprintf(`role="img" aria-label="%s"`, template.HTMLEscapeString(n))
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" focusable="false" ` + label + `>` + paths + `</svg>`), nil //nolint:gosec // ours, and the name is escaped
}
