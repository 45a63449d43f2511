package me

import (
	"testing"

	"enrolld/handlers/page/pagetest"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, profileView, emailView, passwordView, securityView, factorView, appView, passkeyView, codesView, sessionsView, preferencesView)
}
