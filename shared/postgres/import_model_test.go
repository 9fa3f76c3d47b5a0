package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/directory"
)

// randomFile has rows about few accounts, so that they are often in each other's
// way: the same account twice, a name or an address that another one has or gives
// up, the last ADMIN.
func randomFile(r *rand.Rand) (lines []string) {
	pick := func(choices ...string) string { return choices[r.IntN(len(choices))] }
	name := func() string { return pick("ann", "ben", "cat", "dan", "eve", "fay") }
	for range 1 + r.IntN(8) {
		more := []string{fmt.Sprintf(`"email":"%s@example.com"`, name())}
		if r.IntN(2) == 0 {
			more = append(more, fmt.Sprintf(`"uuid":"00000000-0000-4000-8000-%012d"`, r.IntN(5)))
		}
		if r.IntN(6) == 0 { // far from those that the database gives, some of which it leaves out
			more = append(more, fmt.Sprintf(`"id":%d`, 1000*(1+r.IntN(4))))
		}
		if r.IntN(3) == 0 {
			more = append(more, fmt.Sprintf(`"role":%q,"active":%s`, pick("USER", "ADMIN"), pick("true", "false")))
		}
		lines = append(lines, line(name(), more...))
	}
	return lines
}

// A batch means its rows one after the other, whatever they do to each other: the
// accounts and the report are the same in batches of one row and of many. (PolicyFail ends a run, and the
// batch of the row that ended it is not stored.)
func TestABatchMeansItsRowsInTurn(t *testing.T) {
	t.Parallel()
	db, pool := openOwner(t), postgrestest.Pool(t)
	run := func(size int, policy directory.Policy, files [][]string) (state []string) {
		if _, err := pool.Exec(t.Context(), "truncate users, resets, sessions, devices restart identity"); err != nil {
			t.Fatal(err)
		}
		for _, lines := range files {
			r, err := importLines(t, db, directory.Options{Policy: policy, BatchSize: size}, lines...)
			state = append(state, fmt.Sprint(counts(r), r.Refusals, err))
		}
		return append(state, dump(t, `select username, email, role, active, token_version, case when uuid::text like '00000000-0000%' then uuid end as uuid from users order by username`)...)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for n := range 20 {
		policy := []directory.Policy{directory.PolicySkip, directory.PolicyUpdate}[n%2]
		files := [][]string{randomFile(r), randomFile(r), randomFile(r)}
		if diff := cmp.Diff(run(1, policy, files), run(500, policy, files)); diff != "" {
			t.Fatalf("seed %d, %s, in turn (-) and in batches (+):\n%s\n%s", seed, policy, diff, strings.ReplaceAll(fmt.Sprint(files), `"first_name":"First","last_name":"Last",`, ""))
		}
	}
}
