package main

import (
	"net/http"

	"roster"
	"roster/shared/api"
	"roster/shared/aws/sam"
	"roster/shared/boot"
	"roster/shared/boot/keys"
	"roster/shared/boot/policy"
	"roster/shared/boot/tokens"
	"roster/shared/docspage"
	"roster/shared/postgres"
	"roster/shared/user"
)

// handlers assembles what each folder under functions/ serves, in this process.
// It is the twin of their mains; a constructor that changes changes both.
func handlers(env *boot.Environment, db *postgres.DB, out user.ResetMail) map[string]http.Handler {
	passwords, limits, access, once := policy.Passwords(env), env.Limits(), tokens.New(env), env.OneTimeTokens()
	all := map[string]http.Handler{
		"register":            api.Register(db, passwords, limits),
		"login":               api.Login(db, user.Logins{Passwords: passwords, Tokens: access, Refresh: env.Refresh(), Devices: env.Devices(), Limits: limits, Sessions: env.Sessions()}),
		"refresh":             api.Refresh(db, user.Refreshes{Tokens: access, Refresh: env.Refresh(), Sessions: env.Sessions(), Notices: user.Notices(out)}),
		"logout":              api.Logout(db, access),
		"change_password":     api.ChangePassword(db, passwords, limits, access),
		"sessions":            api.Sessions(db, access),
		"end_session":         api.EndSession(db, access),
		"forget_password":     api.ForgetPassword(db, once, out, limits, env.Switch("RESET_TOKEN_IN_RESPONSE", false)),
		"reset_password":      api.ResetPassword(db, once, passwords, limits),
		"reset_password_page": api.ResetPasswordPage(db, once, passwords, limits),
		"get_user":            api.GetUser(db, access),
		"update_user":         api.UpdateUser(db, passwords, limits, access),
		"delete_user":         api.DeleteUser(db, access),
		"audit":               api.Audit(db, access),
		"jwks":                api.JWKS(keys.Of(env.Environment), env.Origin("PUBLIC_URL")),
		"health":              api.Health(db),
		"docs":                docspage.Handler(roster.OpenAPI),
		"not_found":           api.NotFound(sam.Methods(sam.MustRoutes())),
	}
	for folder, h := range all {
		all[folder] = api.Behind(env.Proxies(), h)
	}
	return all
}
