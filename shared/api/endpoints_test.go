package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"roster"
	"roster/shared/api"
	"roster/shared/audit"
	"roster/shared/aws/sam"
	"roster/shared/credential/refresh"
	"roster/shared/mail"
	"roster/shared/postgres"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
	"roster/shared/web"
	paths "roster/shared/web/routes"
)

// A new endpoint gets its lines in this file: its route, a good request, and its
// methods in the two databases that only tests have.

// store has everything that the handlers need of a database.
type store interface {
	user.Creator
	user.ResetCreator
	user.LoginStore
	user.ResetStore
	user.Updater
	user.Deleter
	user.AdminCreator
	user.ResetSender
	user.BulkUpdater
	user.Refresher
	user.LogoutStore
	user.SessionLister
	user.SessionEnder
	user.AuditViewer
	user.DataExporter
	user.Lister
	user.Pinger
}

// generousLimits let a test send any number of requests from its one address.
var generousLimits = func() user.Limits {
	l, r := user.DefaultLimits, ratelimit.Rate{Limit: 1_000_000, Window: time.Hour}
	l.LoginFromNetwork, l.Login, l.Register, l.EmailAccount, l.ForgetAccount, l.Forget, l.Reset, l.ExportAccount, l.AdminMail = r, r, r, r, r, r, r, r, r
	return l
}()

var brand = api.Brand{Name: `Möwe & <b>Söhne</b>`, ReturnURL: `https://www.example.com/?a="b"&c=d`}

// routes returns a handler with the routes of template.yaml. The tests themselves
// do for a request what package lambdahttp would do.
func routes(db store, box mail.Transport, reveal bool) *http.ServeMux {
	return routesWithLimits(db, box, reveal, generousLimits)
}

func routesWithLimits(db store, box mail.Transport, reveal bool, limits user.Limits) *http.ServeMux {
	notices := user.Notices{Mailer: mail.Mailer{Transport: box}, PublicURL: publicURL}
	refreshing := refresh.Codec{Keys: refreshKeys}
	reset := user.ResetPasswordParts{Tokens: resets, Passwords: passwords, Limits: limits}
	page := api.ResetPasswordPage(db, reset, brand)
	forgetting := user.ForgetPasswordParts{Tokens: resets, Notices: notices, Limits: limits}
	asking := api.ForgotPasswordPage(db, forgetting, brand)
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.Handler{
		"POST /api/user/register":                   api.Register(db, user.RegisterParts{Passwords: passwords, Limits: limits}),
		"POST /api/user/login":                      api.Login(db, user.LoginParts{Passwords: passwords, Tokens: tokens, Refresh: refreshing, Devices: devices, Limits: limits, Sessions: user.DefaultSessionRules}),
		"POST /api/user/refresh":                    api.Refresh(db, user.RefreshParts{Tokens: tokens, Refresh: refreshing, Sessions: user.DefaultSessionRules, Notices: notices}),
		"POST /api/user/logout":                     api.Logout(db, tokens),
		"POST /api/user/change_password":            api.ChangePassword(db, user.ChangePasswordParts{Passwords: passwords, Limits: limits, Tokens: tokens}, tokens),
		"GET /api/user/me":                          api.GetUser(db, tokens),
		"PATCH /api/user/{username}":                api.UpdateUser(db, user.UpdateParts{Passwords: passwords, Limits: limits}, tokens),
		"GET /api/user/{username}/sessions":         api.Sessions(db, tokens),
		"DELETE /api/user/{username}/sessions/{id}": api.EndSession(db, tokens),
		"POST /api/user/forget_password":            api.WithForgotPasswordPage(api.ForgetPassword(db, forgetting, reveal), asking),
		"POST /api/user/reset_password":             api.ResetPassword(db, reset),
		"GET /api/user/{username}":                  api.GetUser(db, tokens),
		"PUT /api/user/{username}":                  api.UpdateUser(db, user.UpdateParts{Passwords: passwords, Limits: limits}, tokens),
		"DELETE /api/user/{username}":               api.DeleteUser(db, tokens),
		"GET /api/user/{username}/export":           api.ExportUser(db, limits, tokens),
		"POST /api/users":                           api.CreateUser(db, user.CreateParts{Passwords: passwords, Tokens: resets, Notices: notices, Limits: limits}, tokens),
		"PATCH /api/users":                          api.UpdateUsers(db, tokens),
		"POST /api/user/{username}/reset":           api.SendReset(db, forgetting, tokens),
		"GET /api/audit":                            api.Audit(db, tokens),
		"GET /api/users":                            api.ListUsers(db, tokens, cursors),
		"GET /reset_password":                       page,
		"POST /reset_password":                      page,
		"GET /.well-known/change-password":          page,
		"GET /forgot_password":                      asking,
		"POST /forgot_password":                     asking,
		"GET /healthz":                              api.Health(db, roster.Version),
		"/":                                         web.NotFound(paths.Methods),
	} {
		if strings.HasSuffix(pattern, "/{username}") { // as the mains do
			h = web.WithMethods(paths.Methods, h)
		}
		mux.Handle(pattern, h)
	}
	return mux
}

// requestForEachEndpoint returns a good request for each endpoint that needs the
// database.
func requestForEachEndpoint(t *testing.T, u user.User) map[string]func(h sendFunc) answer {
	header := bearer(t, u)
	token, _ := resets.Mint()
	refreshToken, _ := refresh.Codec{Keys: refreshKeys}.Begin(u.UUID)
	return map[string]func(sendFunc) answer{
		"register": func(h sendFunc) answer { return h("POST", "/api/user/register", zoeRegistration) },
		"login": func(h sendFunc) answer {
			return h("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`)
		},
		"forget_password": func(h sendFunc) answer {
			return h("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`)
		},
		"reset_password": func(h sendFunc) answer {
			return h("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`)
		},
		"refresh": func(h sendFunc) answer {
			return h("POST", "/api/user/refresh", `{"refresh_token":"`+refreshToken+`"}`)
		},
		"change_password": func(h sendFunc) answer {
			return h("POST", "/api/user/change_password", `{"current_password":"`+right+`","new_password":"another kite"}`, header)
		},
		"logout":   func(h sendFunc) answer { return h("POST", "/api/user/logout", "", header) },
		"sessions": func(h sendFunc) answer { return h("GET", "/api/user/ann/sessions", "", header) },
		"end_session": func(h sendFunc) answer {
			return h("DELETE", "/api/user/ann/sessions/"+u.UUID, "", header)
		},
		"get_user":    func(h sendFunc) answer { return h("GET", "/api/user/ann", "", header) },
		"update_user": func(h sendFunc) answer { return h("PUT", "/api/user/ann", `{"first_name":"A"}`, header) },
		"delete_user": func(h sendFunc) answer { return h("DELETE", "/api/user/ann", "", header) },
		"export_user": func(h sendFunc) answer { return h("GET", "/api/user/ann/export", "", header) },
		"list_users":  func(h sendFunc) answer { return h("GET", "/api/users", "", header) },
		"create_user": func(h sendFunc) answer {
			return h("POST", "/api/users", `{"username":"zoe","first_name":"Zoe","last_name":"Li","email":"zoe@example.com"}`, header)
		},
		"update_users": func(h sendFunc) answer {
			return h("PATCH", "/api/users", `{"users":[{"username":"ann","active":true}]}`, header)
		},
		"send_reset": func(h sendFunc) answer { return h("POST", "/api/user/ann/reset", "", header) },
		"audit":      func(h sendFunc) answer { return h("GET", "/api/audit", "", header) },
		"health":     func(h sendFunc) answer { return h("GET", "/healthz", "") },
	}
}

type sendFunc func(method, path, body string, headers ...string) answer

// failingDB fails every call as a bug would: with an error that is not a
// fault.Error, or with a panic.
type failingDB struct {
	*postgres.DB
	fail func() error
}

func (b failingDB) Consume(context.Context, []ratelimit.Budget, time.Time) (ratelimit.Attempt, error) {
	return ratelimit.Attempt{}, nil // so that the operation gets to the other calls
}

func (b failingDB) Ping(context.Context) error { return b.fail() }
func (b failingDB) CreateUser(context.Context, user.NewAccount, audit.Event) (int64, user.Taken, error) {
	return 0, user.Taken{}, b.fail()
}

func (b failingDB) AttemptAtAccount(context.Context, user.Lookup, time.Time) (user.Found, error) {
	return user.Found{}, b.fail()
}

func (b failingDB) CreateReset(context.Context, user.NewReset, audit.Event) (*user.User, error) {
	return nil, b.fail()
}

func (b failingDB) Renew(context.Context, user.Renewal, audit.Event) (user.RenewalOutcome, *user.User, error) {
	return user.SessionOver, nil, b.fail()
}

func (b failingDB) EndOwnSessions(context.Context, request.Caller, user.LogoutScope, audit.Event) (bool, error) {
	return false, b.fail()
}

func (b failingDB) UserByReset(context.Context, []byte, time.Time) (*user.User, error) {
	return nil, b.fail()
}

func (b failingDB) CallerAndUsers(context.Context, request.Caller, user.ListQuery) (*user.User, user.ListPage, error) {
	return nil, user.ListPage{}, b.fail()
}

func (b failingDB) CallerAndTarget(context.Context, request.Caller, string) (caller, target *user.User, err error) {
	return nil, nil, b.fail()
}

// elsewhere are functions whose handlers have tests in other files or packages: the
// documentation, the keys, what no route matches, and the page, whose errors are
// pages.
var elsewhere = []string{"docs", "jwks", "not_found", "reset_password_page"}

func TestEndpointsHaveTheirLinesHere(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	h := routes(emptyDB{t}, &outbox{}, false)
	requests := requestForEachEndpoint(t, newService(t).account("ann"))
	for _, f := range template.Functions {
		if len(f.Routes) == 0 || slices.Contains(elsewhere, f.Folder) {
			continue
		}
		if requests[f.Folder] == nil {
			t.Errorf("add a good request of %s to requestForEachEndpoint in endpoints_test.go", f.Folder)
		}
		for _, r := range f.Routes {
			if strings.HasPrefix(r.Path, "/user/") {
				continue // a legacy path: localdev's tests send requests to them
			}
			want := strings.Replace(r.String(), "HEAD ", "GET ", 1)
			if _, pattern := h.Handler(httptest.NewRequest(r.Method, r.Path, nil)); pattern != want {
				t.Errorf("add %s to routes in endpoints_test.go", r)
			}
		}
	}
}

// emptyDB stands for an empty database, so that the fuzzer needs none. It fails
// the test for text that PostgreSQL would refuse.
type emptyDB struct{ t *testing.T }

func (e emptyDB) checkText(texts ...string) {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			e.t.Errorf("%q reached the database", s)
		}
	}
}

func (e emptyDB) CreateUser(_ context.Context, u user.NewAccount, event audit.Event) (int64, user.Taken, error) {
	e.checkText(u.Username, u.FirstName, u.LastName, u.Email, event.Client.UserAgent, event.Client.RequestID)
	return 0, user.Taken{Username: true}, nil
}

func (e emptyDB) AttemptAtAccount(_ context.Context, l user.Lookup, _ time.Time) (user.Found, error) {
	e.checkText(l.Username, l.Email)
	return user.Found{}, nil
}

func (e emptyDB) RecordFailure(_ context.Context, _ []ratelimit.Budget, event audit.Event) error {
	return e.Record(context.Background(), event)
}

func (e emptyDB) RecordLogin(context.Context, user.LoginRecord, audit.Event) (bool, error) {
	return false, nil
}

func (e emptyDB) CreateReset(_ context.Context, r user.NewReset, event audit.Event) (*user.User, error) {
	for _, text := range []*string{r.Target.Username, r.Target.Email} {
		if text != nil {
			e.checkText(*text)
		}
	}
	e.checkText(event.Client.UserAgent, event.Client.RequestID)
	return nil, nil
}

func (e emptyDB) UserByReset(context.Context, []byte, time.Time) (*user.User, error) { return nil, nil }

func (e emptyDB) UseReset(context.Context, user.ResetUse, audit.Event) (bool, error) {
	return false, nil
}

func (e emptyDB) CallerAndTarget(_ context.Context, c request.Caller, name string) (caller, target *user.User, err error) {
	e.checkText(name)
	u := &user.User{UUID: c.UUID, Username: "ann", TokenVersion: 1, Active: true, Role: user.RoleAdmin}
	return u, u, nil
}

func (e emptyDB) UpdateUser(_ context.Context, _ user.Guard, edit user.Edit, event audit.Event) (user.Outcome, error) {
	e.checkText(event.Client.UserAgent, event.Client.RequestID)
	for _, s := range []*string{edit.Username, edit.FirstName, edit.LastName, edit.Email} {
		if s != nil {
			e.checkText(*s)
		}
	}
	return user.Outcome{Done: true}, nil
}

func (e emptyDB) DeleteUser(context.Context, user.Guard, []ratelimit.Budget, audit.Event) (user.Outcome, error) {
	return user.Outcome{Done: true}, nil
}

func (e emptyDB) CreateUserAsAdmin(_ context.Context, _ request.Caller, u user.User, _ *user.NewReset, event audit.Event) (user.CreateOutcome, error) {
	e.checkText(u.Username, u.FirstName, u.LastName, u.Email, u.Metadata, u.AppMetadata, event.Client.UserAgent, event.Client.RequestID)
	return user.CreateOutcome{ID: 1}, nil
}

func (e emptyDB) CreateResetAsAdmin(context.Context, user.Guard, user.NewReset, audit.Event) (user.Outcome, error) {
	return user.Outcome{Done: true}, nil
}

func (e emptyDB) BulkTargets(_ context.Context, usernames []string) (targets []user.BulkTarget, admins int, err error) {
	e.checkText(usernames...)
	for _, name := range usernames {
		targets = append(targets, user.BulkTarget{UUID: name, Username: name, Role: user.RoleUser})
	}
	return targets, 1, nil
}

func (e emptyDB) UpdateUsers(_ context.Context, _ request.Caller, writes []user.BulkWrite, _ time.Time) (o user.BulkOutcome, err error) {
	o.Written = map[string]bool{}
	for _, w := range writes {
		e.checkText(w.Event.Client.UserAgent, w.Event.Client.RequestID)
		o.Written[w.Target.UUID] = true
	}
	return o, nil
}

func (e emptyDB) ClearLimits(context.Context, []ratelimit.Budget) error { return nil }

func (e emptyDB) Consume(context.Context, []ratelimit.Budget, time.Time) (ratelimit.Attempt, error) {
	return ratelimit.Attempt{}, nil
}

func (e emptyDB) Record(_ context.Context, event audit.Event) error {
	e.checkText(event.Client.UserAgent, event.Client.RequestID)
	return nil
}

func (e emptyDB) ListAudit(context.Context, string, audit.Query) (audit.Page, error) {
	return audit.Page{}, nil
}

func (e emptyDB) PersonalData(context.Context, string, []user.CountedAs, audit.Query) (*user.PersonalData, error) {
	return &user.PersonalData{}, nil
}

func (e emptyDB) CallerAndUsers(_ context.Context, _ request.Caller, q user.ListQuery) (*user.User, user.ListPage, error) {
	e.checkText(q.Username, q.Email, q.UUID, q.Prefix)
	return nil, user.ListPage{}, nil
}

func (e emptyDB) Ping(context.Context) error { return nil }

func (e emptyDB) Renew(context.Context, user.Renewal, audit.Event) (user.RenewalOutcome, *user.User, error) {
	return user.SessionOver, nil, nil
}

func (e emptyDB) RecordRepeat(context.Context, string, int64, audit.Event) (bool, error) {
	return false, nil
}

func (e emptyDB) EndOwnSessions(context.Context, request.Caller, user.LogoutScope, audit.Event) (bool, error) {
	return true, nil
}

func (e emptyDB) Sessions(context.Context, string) ([]user.Session, error) { return nil, nil }

func (e emptyDB) EndSession(_ context.Context, _ user.Guard, id string, _ audit.Event) (user.Outcome, error) {
	e.checkText(id)
	return user.Outcome{Done: true}, nil
}
