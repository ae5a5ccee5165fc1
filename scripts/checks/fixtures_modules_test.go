package checks_test

import (
	"strings"
)

// module is a go.mod for a folder, with more lines.
func module(dir string, lines ...string) string {
	return "module " + ours + dir + "\n\ngo 1.26.0\n\n" + strings.Join(lines, "\n") + "\n"
}

func moduleFixtures() map[string][]fixture {
	return map[string][]fixture{"one version of each dependency": versionFixtures(), "sibling modules": siblingFixtures()}
}

func versionFixtures() []fixture {
	return []fixture{
		{name: "allowed", tree: map[string]string{
			"go.work":                            "go 1.26.0\n",
			"a/go.mod":                           module("a", "require example.org/x v1.0.0", "require example.org/y v1.0.0 // indirect"),
			"b/go.mod":                           module("b", "require example.org/x v1.0.0", "require example.org/y v1.1.0 // indirect"),
			"scripts/tools/buf/go.mod":           "module " + ours + "scripts/tools/buf\n\ngo 1.26.7\n\nrequire example.org/x v0.9.0\n",
			"proto/go.mod":                       module("proto", "require google.golang.org/protobuf v1.36.12"),
			"scripts/tools/protoc-gen-go/go.mod": module("scripts/tools/protoc-gen-go", "require google.golang.org/protobuf v1.36.12 // indirect"),
		}},
		{name: "two versions", tree: map[string]string{
			"a/go.mod": module("a", "require example.org/x v1.0.0"),
			"b/go.mod": module("b", "require example.org/x v1.1.0 // indirect"),
		}, want: []string{"b/go.mod:5: example.org/x v1.1.0"}},
		{name: "two go lines", tree: map[string]string{
			"go.work":  "go 1.26.0\n",
			"a/go.mod": "module " + ours + "a\n\ngo 1.25.0\n",
			"b/go.mod": "module " + ours + "b\n",
		}, want: []string{"a/go.mod:3: go 1.25.0", "b/go.mod: no go line"}},
		{name: "an older generator", tree: map[string]string{
			"proto/go.mod":                       module("proto", "require google.golang.org/protobuf v1.36.12"),
			"scripts/tools/protoc-gen-go/go.mod": module("scripts/tools/protoc-gen-go", "require google.golang.org/protobuf v1.36.11 // indirect"),
		}, want: []string{"scripts/tools/protoc-gen-go/go.mod:5: generates for v1.36.11"}},
	}
}

func siblingFixtures() []fixture {
	const require = "require " + ours + "services/kit v0.0.0"
	return []fixture{
		{name: "allowed", tree: map[string]string{
			"go.work":                  "go 1.26.0\n\nuse ./services/intake\n",
			"services/intake/go.mod":   module("services/intake", require, "replace "+ours+"services/kit => ../kit"),
			"scripts/tools/buf/go.mod": module("scripts/tools/buf"),
		}},
		{name: "no replace", tree: map[string]string{
			"services/intake/go.mod": module("services/intake", require),
		}, want: []string{"services/intake/go.mod:5: no replace line"}},
		{name: "another folder", tree: map[string]string{
			"services/intake/go.mod": module("services/intake", require, "replace "+ours+"services/kit => ../testkit"),
		}, want: []string{"services/intake/go.mod:6: is replaced by ../testkit"}},
		{name: "a version", tree: map[string]string{
			"services/intake/go.mod": module("services/intake", "require "+ours+"services/kit v0.1.0", "replace "+ours+"services/kit => ../kit"),
		}, want: []string{"services/intake/go.mod:5: v0.0.0"}},
		{name: "another path", tree: map[string]string{"services/intake/go.mod": module("intake")}, want: []string{"services/intake/go.mod: path must be"}},
		{name: "outside the workspace", tree: map[string]string{
			"go.work":                "go 1.26.0\n\nuse ./services/kit\n",
			"services/intake/go.mod": module("services/intake"),
		}, want: []string{"go.work: does not use services/intake"}},
	}
}
