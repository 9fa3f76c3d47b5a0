package functions_test

import (
	"flag"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
)

var attempts = flag.Int("attempts", 20, "how many wrong passwords each process gets in TestLimitHoldsAcrossProcesses")

// Logins that run at the same time must all be counted (CVE-2024-4629,
// keycloak#31726). Twenty processes get wrong passwords for one account, and only
// five may be checked. A 401 is a password that was checked, a 429 one
// that was not.
func TestLimitHoldsAcrossProcesses(t *testing.T) {
	t.Parallel()
	const processes, limit = 20, 5
	each := *attempts
	v := newService(t, postgrestest.URL(t), settings{})
	v.call("POST", "/api/user/register", "", account, 201)
	cfg := v.config(*readTemplate(t).Function("login"), map[string]string{"LIMIT_LOGIN_ACCOUNT_NETWORK": "5/15m"})
	cfg.MaxInstances, cfg.Timeout = processes, time.Minute // enough for a busy machine
	v.functions["login"] = v.run(cfg)
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for range processes {
		group.Go(func() {
			for range each {
				r := httptest.NewRequest("POST", "/api/user/login", strings.NewReader(`{"username":"User1","password":"wrong"}`))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				v.plain.ServeHTTP(w, r)
				mu.Lock()
				statuses[w.Code]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff(map[int]int{401: limit, 429: processes*each - limit}, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if n := len(v.functions["login"].Instances()); n != processes {
		t.Errorf("%d processes, want %d", n, processes)
	}
}
