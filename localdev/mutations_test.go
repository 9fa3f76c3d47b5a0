package main

import (
	"math/rand/v2"
	"testing"

	"roster/localdev/postgrestest"
)

// The same as in packages token and onetime, where hundreds of thousands are
// tried, with the real store behind them: nothing opens, and the tokens
// themselves still do.
func TestMutations(t *testing.T) {
	t.Parallel()
	const mutations = 500 // of each kind
	s := newTestServer(t, inThisProcess, unlimited)
	c := &badClient{generator: &generator{Rand: rand.New(rand.NewPCG(*generatorSeed, 2))}, keepAliveClient: &keepAliveClient{testServer: s}, t: t, values: map[string]string{}, tally: newTally()}
	defer c.disconnect()
	if !c.prepareFrom(setupRequests[:5]) {
		return
	}
	access, reset := c.values["access"], c.values["reset"]
	tries := []func() (raw, int){
		func() (raw, int) { return raw{"GET", "/api/user/ann", bearerOf(c.mutated(access)), ""}, 401 },
		func() (raw, int) {
			return jsonBody("POST", "/api/user/reset_password", `{"token":"`+c.mutated(reset)+`","new_password":"password1234"}`), 400
		},
		func() (raw, int) {
			return raw{"POST", "/reset_password", []string{"Content-Type: application/x-www-form-urlencoded"}, "token=" + c.mutated(reset) + "&new_password=password1234&repeat_password=password1234"}, 400
		},
	}
	for _, try := range tries {
		for range mutations {
			r, want := try()
			if got, err := c.do(r.method, r.keepAliveBytes()); err != nil || got.status != want {
				t.Errorf("%v: %v, %v, want %d", r, got, err, want)
			}
		}
	}
	t.Logf("%d mutations tried with the real store", mutations*len(tries))
	for _, r := range []raw{
		{"GET", "/api/user/ann", bearerOf(access), ""},
		jsonBody("POST", "/api/user/reset_password", `{"token":"`+reset+`","new_password":"password1234"}`),
	} {
		if got, err := c.do(r.method, r.keepAliveBytes()); err != nil || got.status != 200 {
			t.Errorf("afterwards the token itself: %v, %v", got, err)
		}
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL complains: %q", errs)
	}
}

func bearerOf(token string) []string { return []string{"Authorization: Bearer " + token} }
