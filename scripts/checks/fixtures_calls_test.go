package checks_test

const (
	sleeping   = "package a\n\nimport \"time\"\n\nfunc wait() { time.Sleep(1) }\n"
	background = "package a\n\nimport \"context\"\n\nvar ctx = context.Background()\n"
)

func callFixtures() map[string][]fixture {
	return map[string][]fixture{
		"no sleeping": {
			{name: "allowed", tree: map[string]string{"a/a_test.go": "package a\n\nimport \"time\"\n\nvar t = time.NewTimer(1)\n"}},
			{name: "in a test", tree: map[string]string{"a/a_test.go": sleeping}, want: []string{"a/a_test.go:5: time.Sleep"}},
			{name: "in a program", tree: map[string]string{"a/a.go": sleeping}, want: []string{"a/a.go:5: time.Sleep"}},
		},
		"no skipping": {
			{name: "allowed", tree: map[string]string{
				"a/a.go": "package a\n\nfunc f(lines interface{ Skip() }) { lines.Skip() }\n",
			}},
			{name: "a test", tree: map[string]string{
				"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Skip() }\n",
			}, want: []string{"a/a_test.go:5: Skip"}},
			{name: "what serves tests", tree: map[string]string{
				"services/testkit/a.go": "package testkit\n\nimport \"testing\"\n\nfunc need(t testing.TB) { t.Skipf(\"none\") }\n",
			}, want: []string{"services/testkit/a.go:5: Skipf"}},
		},
		"contexts come from above": {
			{name: "allowed", tree: map[string]string{
				"services/kit/app/a.go": background, "services/intake/cmd/intake/a.go": background, "a/a_test.go": background,
				"scripts/bench/main.go": "package main\n\nimport \"context\"\n\nvar ctx = context.Background()\n",
				"a/a.go":                "package a\n\nimport \"context\"\n\nfunc f(ctx context.Context) { g(context.WithoutCancel(ctx)) }\n",
			}},
			{name: "its own", tree: map[string]string{"services/kit/bus/a.go": background}, want: []string{"services/kit/bus/a.go:5: context.Background"}},
		},
		"metrics names":    metricFixtures(),
		"SQL in its place": sqlFixtures(),
	}
}

// measuring is a Go file with one expression that uses the Prometheus client.
func measuring(expression string) map[string]string {
	return map[string]string{
		"a/a.go": "package a\n\nimport \"github.com/prometheus/client_golang/prometheus\"\n\nvar m = " + expression + "\n",
	}
}

func metricFixtures() []fixture {
	return []fixture{
		{name: "allowed", tree: measuring(`prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "seatflow", Name: "orders_total"}, []string{"service"})`)},
		{name: "put together elsewhere", tree: measuring(`prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "x"})`)},
		{name: "no prefix", tree: measuring(`prometheus.NewGauge(prometheus.GaugeOpts{Name: "orders"})`), want: []string{"a/a.go:5: orders does not begin"}},
		{name: "no total", tree: measuring(`prometheus.NewCounter(prometheus.CounterOpts{Name: "seatflow_orders"})`), want: []string{"a/a.go:5: _total"}},
		{name: "unit", tree: measuring(`prometheus.NewDesc("seatflow_wait_ms", "", nil, nil)`), want: []string{"a/a.go:5: base unit"}},
		{name: "id as a label", tree: measuring(`prometheus.NewDesc("seatflow_orders", "", []string{"order_id"}, nil)`), want: []string{"a/a.go:5: label order_id"}},
	}
}

func sqlFixtures() []fixture {
	holding := func(statement string) string { return "package a\n\nvar s = `" + statement + "`\n" }
	return []fixture{
		{name: "allowed", tree: map[string]string{
			"services/intake/internal/store/a.go": holding("SELECT id FROM orders"),
			"services/kit/engine/a.go":            holding("update writers set epoch = 1"),
			"services/kit/postgres/a.go":          holding("CREATE ROLE x"),
			"services/intake/a_test.go":           holding("select 1 from orders"),
			"services/portal/a.go":                holding("Select an order from the list"),
			"services/portal/b.go":                holding("update the order, then set its note"),
		}},
		{name: "a read", tree: map[string]string{
			"services/portal/a.go": holding("\n  select id\n  from orders"),
		}, want: []string{"services/portal/a.go:3: select id"}},
		{name: "writes", tree: map[string]string{
			"services/intake/internal/handlers/a.go": holding("INSERT INTO orders VALUES (1)"),
			"services/intake/internal/handlers/b.go": holding("delete from orders"),
			"services/intake/internal/handlers/c.go": holding("WITH due AS (SELECT 1) SELECT 2"),
			"services/intake/internal/handlers/d.go": holding("UPDATE orders SET a = 1"),
			"services/intake/internal/handlers/e.go": holding("drop table orders"),
		}, want: []string{
			"services/intake/internal/handlers/a.go:3: INSERT", "services/intake/internal/handlers/b.go:3: delete",
			"services/intake/internal/handlers/c.go:3: WITH", "services/intake/internal/handlers/d.go:3: UPDATE",
			"services/intake/internal/handlers/e.go:3: drop",
		}},
	}
}
