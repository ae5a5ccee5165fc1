package checks_test

func documentFixtures() map[string][]fixture {
	return map[string][]fixture{
		"documents": {
			{name: "allowed", tree: map[string]string{
				"README.md": "#", "ARCHITECTURE.md": "#", "CONTRIBUTING.md": "#", "CHANGELOG.md": "#",
				"services/intake/go.mod": module("services/intake"), "services/intake/README.md": "#", "services/kit/go.mod": module("services/kit"),
			}},
			{name: "missing", tree: map[string]string{
				"README.md": "#", "ARCHITECTURE.md": "#", "CONTRIBUTING.md": "#", "services/intake/go.mod": module("services/intake"),
			}, want: []string{"CHANGELOG.md: is missing", "services/intake/README.md: is missing"}},
		},
		"settings are documented": {
			{name: "allowed", tree: map[string]string{
				"services/intake/config.go":   "package intake\n\ntype Config struct{ URL string `env:\"INTAKE_URL\"` }\n",
				"services/intake/README.md":   "| INTAKE_URL | where |",
				"services/intake/x_test.go":   "package intake\n\ntype x struct{ URL string `env:\"TEST_URL\"` }\n",
				"services/intake/untagged.go": "package intake\n\ntype order struct{ ID string `json:\"id\"` }\n",
			}},
			{name: "unknown to the reader", tree: map[string]string{
				"services/intake/config.go": "package intake\n\ntype Config struct{ URL string `env:\"INTAKE_URL,OLD_URL\"` }\n",
				"services/intake/README.md": "| INTAKE_URL | where |",
			}, want: []string{"services/intake/config.go:3: OLD_URL is not in"}},
		},
		"the tree is self-contained": {
			{name: "allowed", tree: map[string]string{
				"a.md": "services/work/x and https://example.org/work/ and make proto/work/",
			}},
			{name: "a folder of one machine", tree: map[string]string{
				"a.md": "first\nsee /wo" + "rk/notes", "b.sh": "cd \"/ho" + "me/me/src\"",
			}, want: []string{"a.md:2: names", "b.sh:1: names"}},
			{name: "a registry", tree: map[string]string{"Dockerfile": "ENV GOPROXY=https://proxy.golang." + "org"}, want: []string{"Dockerfile:1: names"}},
		},
		"nothing left for later": {
			{name: "allowed", tree: map[string]string{"a/a.go": "package a\n\n// ctx is never context.TO" + "DO.\n"}},
			{name: "a note", tree: map[string]string{"a/a.go": "package a\n\n// TO" + "DO: the rest.\n"}, want: []string{"a/a.go:3: TO"}},
		},
	}
}
