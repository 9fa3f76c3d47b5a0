package deployed_test

import (
	"os"
	"testing"
	"time"

	"roster/bench/deployed"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestRequestsSucceed(t *testing.T) {
	t.Parallel()
	d, err := deployed.New(t.Context(), deployed.Options{DatabaseURL: postgrestest.FunctionsURL(t), Binary: programtest.Binary(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	account, err := d.NewAccount(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{
		"get_user": 200, "login": 200, "register": 201, "refresh": 200, "jwks": 200, "docs": 200, "health": 200, "delete_user": 401, "not_found": 404,
	} {
		var took time.Duration
		f, err := d.Start(folder, func(d time.Duration) { took = d })
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			took = 0
			if status, err := d.Send(t.Context(), f, folder, d.Request(folder, account), account); err != nil || status != want {
				t.Errorf("%s answers with %d, %v; want %d", folder, status, err, want)
			}
			if took <= 0 {
				t.Errorf("%s took %v", folder, took)
			}
		}
		f.Close()
	}
	if r := d.Request("seed_admin", account); r != nil {
		t.Errorf("seed_admin, to which no route leads, gets %s %s", r.Method, r.URL)
	}
}
