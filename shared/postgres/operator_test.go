package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/user"
)

// An operator's change keeps the rules about the target, and asks for no caller.
func TestOperatorsGuard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		admins int // besides the target
		target func(*user.User)
		guard  func(*user.Guard)
		want   user.Outcome
	}{
		"a USER":                        {guard: removesAdmin, want: user.Outcome{Done: true}},
		"a target that was renamed":     {guard: func(g *user.Guard) { g.Username = "old" }},
		"a target that does not exist":  {guard: func(g *user.Guard) { g.TargetUUID = account("x").UUID }},
		"a target with another role":    {guard: expecting(func(s *user.Snapshot) { s.Role = user.RoleAdmin })},
		"the last admin":                {target: asAdmin, guard: removesAdmin, want: user.Outcome{LastAdmin: true}},
		"the last but one admin":        {admins: 1, target: asAdmin, guard: removesAdmin, want: user.Outcome{Done: true}},
		"the last admin, who stays one": {target: asAdmin, want: user.Outcome{Done: true}},
	} {
		for verb, change := range map[string]guardedChange{
			"update": func(t testing.TB, db *postgres.DB, g user.Guard) (user.Outcome, error) {
				return db.UpdateUserAsOperator(t.Context(), g, user.Edit{Active: ptr(false), At: now}, event)
			},
			"delete": func(t testing.TB, db *postgres.DB, g user.Guard) (user.Outcome, error) {
				return db.DeleteUserAsOperator(t.Context(), g, nil, event)
			},
		} {
			t.Run(verb+" "+name, func(t *testing.T) {
				t.Parallel()
				db, ann := postgrestest.Open(t), account("ann")
				for range c.admins {
					create(t, db, adminAccount("other"))
				}
				if c.target != nil {
					c.target(&ann)
				}
				target := create(t, db, ann)
				g := user.Guard{TargetUUID: target.UUID, Username: target.Username}
				if c.guard != nil {
					c.guard(&g)
				}
				if got, err := change(t, db, g); err != nil || got != c.want {
					t.Errorf("%+v, %v, want %+v", got, err, c.want)
				}
			})
		}
	}
}

func asAdmin(u *user.User)       { u.Role = user.RoleAdmin }
func removesAdmin(g *user.Guard) { g.RemovesAdmin = true }

// Of two operators who delete the two admins at the same moment, one is refused.
func TestOperatorsRaceForTheLastAdmin(t *testing.T) {
	t.Parallel()
	db := openMany(t)
	rounds(t, func(round int) {
		admins := []user.User{create(t, db, adminAccount("ann")), create(t, db, adminAccount("bob"))}
		var n tally
		concurrently(len(admins), func(i int) {
			g := user.Guard{TargetUUID: admins[i].UUID, Username: admins[i].Username, RemovesAdmin: true}
			o, err := db.DeleteUserAsOperator(t.Context(), g, nil, event)
			n.count(t, o.Done, err)
		})
		if n.oneWon(t, round); n.lost.Load()+n.outages.Load() != 1 {
			t.Errorf("round %d: the other was not refused", round)
		}
		if _, err := postgrestest.Pool(t).Exec(t.Context(), `delete from users`); err != nil {
			t.Fatal(err)
		}
	})
}

// The pages of an operator are those of an ADMIN, in each order and with each filter.
func TestOperatorsListIsAnAdmins(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	boss := callerOf(t, create(t, db, adminAccount("boss")))
	for i := range 23 {
		u := account(fmt.Sprintf("ann%02d", i))
		u.CreatedAt, u.Active = now.Add(time.Duration(i/2)*time.Minute), i%3 != 0
		if i%5 == 0 {
			u.Role = user.RoleAdmin
		}
		create(t, db, u)
	}
	const logins = `update users set last_login_at = created_at + interval '1 hour' where id % 2 = 0`
	if _, err := postgrestest.Pool(t).Exec(t.Context(), logins); err != nil {
		t.Fatal(err)
	}
	for _, sort := range []user.Sort{user.SortCreatedAt, user.SortUsername, user.SortLastLoginAt} {
		for name, q := range map[string]user.ListQuery{
			"all": {}, "a prefix": {Prefix: "ann1"}, "admins": {Role: user.RoleAdmin}, "inactive": {Active: ptr(false)}, "nobody": {Prefix: "zoe"},
			"a period": {CreatedAfter: now.Add(2 * time.Minute), CreatedBefore: now.Add(7 * time.Minute)}, "good addresses": {EmailStatus: user.EmailOK},
			"a name": {Username: "ann03"}, "an address": {Email: "ANN04@example.com"}, "a UUID": {UUID: account("ann05").UUID}, "an id of nobody": {ID: 1 << 40},
		} {
			q.Sort, q.Limit = sort, 4
			adminsPages := func(q user.ListQuery) (user.ListPage, error) {
				_, page, err := db.CallerAndUsers(t.Context(), boss, q)
				return page, err
			}
			want := usernames(t, q, adminsPages)
			got := usernames(t, q, func(q user.ListQuery) (user.ListPage, error) { return db.UsersForOperator(t.Context(), q) })
			if diff := cmp.Diff(want, got); diff != "" || name == "all" && len(got) != 24 {
				t.Errorf("%s by %s: %d accounts; (-admin +operator):\n%s", name, sort, len(got), diff)
			}
		}
	}
}

// usernames returns the usernames of all pages.
func usernames(t *testing.T, q user.ListQuery, list func(user.ListQuery) (user.ListPage, error)) (all []string) {
	t.Helper()
	for range 100 {
		page, err := list(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			all = append(all, u.Username)
		}
		if q.After = page.Next; q.After == nil {
			return all
		}
	}
	t.Fatal("the pages have no end")
	return nil
}
