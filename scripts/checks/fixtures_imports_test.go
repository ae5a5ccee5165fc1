package checks_test

import "fmt"

// importing is a Go file that imports one package.
func importing(pkg, imported string) string {
	return fmt.Sprintf("package %s\n\nimport _ %q\n", pkg, imported)
}

const ours = "github.com/seatflow/seatflow/"

func importFixtures() map[string][]fixture {
	return map[string][]fixture{
		"imports between services": betweenFixtures(),
		"imports within a service": withinFixtures(),
		"pure domain":              domainFixtures(),
	}
}

func betweenFixtures() []fixture {
	return []fixture{
		{name: "allowed", tree: map[string]string{
			"services/intake/a.go":         importing("intake", ours+"services/kit/bus"),
			"services/intake/b.go":         importing("intake", ours+"proto/contract"),
			"services/intake/c_test.go":    importing("intake_test", ours+"services/testkit"),
			"services/testkit/a.go":        importing("testkit", ours+"services/kit/postgres"),
			"services/seatflow/a.go":       importing("seatflow", ours+"services/intake"),
			"services/kit/bus/a.go":        importing("bus", ours+"services/kit/fault"),
			"services/kit/bus/a_test.go":   importing("bus_test", ours+"services/testkit"),
			"scripts/bench/bench.go":       importing("main", ours+"services/testkit"),
			"scripts/bench/more.go":        importing("main", ours+"scripts/bench/internal/load"),
			"proto/contract/contract.go":   importing("contract", ours+"proto/gen/seatflow/order/v1"),
			"services/intake/elsewhere.go": importing("intake", "github.com/nats-io/nats.go"),
		}},
		{name: "kit knows a service", tree: map[string]string{
			"services/kit/bus/a.go": importing("bus", ours+"services/intake"),
		}, want: []string{"services/kit/bus/a.go:3: services/intake"}},
		{name: "a service knows a service", tree: map[string]string{
			"services/intake/a_test.go": importing("intake", ours+"services/approval"),
		}, want: []string{"services/intake/a_test.go:3: services/approval"}},
		{name: "a service uses what is for tests", tree: map[string]string{
			"services/intake/a.go": importing("intake", ours+"services/testkit"),
		}, want: []string{"services/intake/a.go:3: services/testkit"}},
		{name: "the contract stands on kit", tree: map[string]string{
			"proto/contract/a.go": importing("contract", ours+"services/kit/fault"),
		}, want: []string{"proto/contract/a.go:3: services/kit/fault"}},
		{name: "a service uses a script", tree: map[string]string{
			"services/intake/a.go": importing("intake", ours+"scripts/checks"),
		}, want: []string{"services/intake/a.go:3: scripts/checks"}},
		{name: "a script knows a service", tree: map[string]string{
			"scripts/bench/a.go": importing("main", ours+"services/portal"),
		}, want: []string{"scripts/bench/a.go:3: services/portal"}},
	}
}

func withinFixtures() []fixture {
	const intake = ours + "services/intake"
	return []fixture{
		{name: "allowed", tree: map[string]string{
			"services/intake/cmd/intake/main.go":          importing("main", intake),
			"services/intake/service.go":                  importing("intake", intake+"/internal/store"),
			"services/intake/internal/store/store.go":     importing("store", intake+"/internal/domain"),
			"services/intake/internal/store/x_test.go":    importing("store", intake+"/internal/handlers"),
			"services/intake/internal/handlers/tables.go": importing("handlers", intake+"/internal/store"),
			"services/intake/internal/handlers/all.go":    importing("handlers", intake+"/internal/handlers/routes"),
			"services/portal/internal/pages/pages.go":     importing("pages", ours+"services/portal/internal/api"),
			"services/seatflow/cmd/seatflow/main.go":      importing("main", ours+"services/seatflow/internal/demo"),
			"services/intake/internal/handlers/more.go":   importing("handlers", ours+"services/intakes"),
		}},
		{name: "the domain knows its edge", tree: map[string]string{
			"services/intake/internal/domain/a.go": importing("domain", intake+"/internal/store"),
		}, want: []string{"services/intake/internal/domain/a.go:3: domain must not import store"}},
		{name: "the store knows handlers", tree: map[string]string{
			"services/intake/internal/store/a.go": importing("store", intake+"/internal/handlers"),
		}, want: []string{"services/intake/internal/store/a.go:3: store must not import handlers"}},
		{name: "the outside knows the store", tree: map[string]string{
			"services/notification/internal/smtp/a.go": importing("smtp", ours+"services/notification/internal/store"),
		}, want: []string{"services/notification/internal/smtp/a.go:3: smtp must not import store"}},
		{name: "main looks inside", tree: map[string]string{
			"services/portal/cmd/portal/main.go": importing("main", ours+"services/portal/internal/api"),
		}, want: []string{"services/portal/cmd/portal/main.go:3: cmd must not import api"}},
		{name: "an inner part knows the wiring", tree: map[string]string{
			"services/portal/internal/api/a.go": importing("api", ours+"services/portal"),
		}, want: []string{"services/portal/internal/api/a.go:3: api must not import service"}},
	}
}

func domainFixtures() []fixture {
	const dir = "services/intake/internal/domain/"
	return []fixture{
		{name: "allowed", tree: map[string]string{
			dir + "a.go":                          importing("domain", ours+"services/kit/fault"),
			dir + "b.go":                          "package domain\n\nimport \"time\"\n\nfunc due(now time.Time) time.Time { return now.Add(time.Hour) }\n",
			dir + "c.go":                          importing("domain", "github.com/cockroachdb/apd/v3"),
			dir + "e.go":                          importing("domain", ours+"proto/gen/seatflow/order/v1"),
			dir + "d_test.go":                     importing("domain", "os"),
			"services/intake/internal/store/a.go": importing("store", "context"),
		}},
		{name: "context", tree: map[string]string{dir + "a.go": importing("domain", "context")}, want: []string{dir + "a.go:3: context"}},
		{name: "the world", tree: map[string]string{dir + "a.go": importing("domain", "os/exec")}, want: []string{dir + "a.go:3: os/exec"}},
		{name: "a driver", tree: map[string]string{
			dir + "a.go": importing("domain", "github.com/jackc/pgx/v5"),
		}, want: []string{dir + "a.go:3: pgx"}},
		{name: "the clock under another name", tree: map[string]string{
			dir + "a.go": "package domain\n\nimport clock \"time\"\n\nvar born = clock.Now()\n",
		}, want: []string{dir + "a.go:5: clock.Now"}},
		{name: "a float", tree: map[string]string{
			dir + "sub/a.go": "package sub\n\ntype price struct{ amount float64 }\n",
		}, want: []string{dir + "sub/a.go:3: decimals"}},
	}
}
