package mailing_test

import (
	"strings"
	"testing"

	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/mail"
)

func TestAMistakeInOptionalMailSettingsDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	env := boot.FromMap(map[string]string{"PUBLIC_URL": "https://accounts.example.com", "MAIL_FROM": "nobody"})
	n := mailing.OptionalNotices(env)
	if err := env.Check(); err != nil {
		t.Errorf("it stops the start: %v", err)
	}
	err := transportOf(t, n).Send(t.Context(), mail.Message{})
	if err == nil || !strings.Contains(err.Error(), "MAIL_FROM") {
		t.Errorf("a notice fails with %v", err)
	}
	env = boot.FromMap(map[string]string{
		"MAIL_FROM":             "no-reply@example.com",
		"AWS_REGION":            "eu-central-1",
		"AWS_ACCESS_KEY_ID":     "x",
		"AWS_SECRET_ACCESS_KEY": "x",
	})
	mailing.OptionalNotices(env)
	if err := env.Check(); err == nil || !strings.Contains(err.Error(), "PUBLIC_URL") {
		t.Errorf("without the service's own address: %v", err)
	}
}
