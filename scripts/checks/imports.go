package checks

import (
	"slices"
	"strings"
)

// layered are the services that have the tree of the design: domain, store, handlers and what they call outside.
var layered = []string{"approval", "fulfillment", "intake", "notification"}

func importsBetween(t *Tree, found *problems) {
	for _, file := range t.Files {
		for imported, line := range file.Imports() {
			if to, ok := strings.CutPrefix(imported, root); ok && !mayImport(file, to) {
				found.add(file.Path, line, "must not import %s", to)
			}
		}
	}
}

// mayImport tells whether a file may import the package in the folder `to` of this repository, as far as modules go.
func mayImport(file *File, to string) bool {
	from, target := service(file.Path), service(to)
	switch {
	case beneath(to, "scripts"):
		return beneath(file.Path, "scripts")
	case target == "" || target == from:
		return true
	case beneath(file.Path, "proto"):
		return false // the contract stands on nothing of ours
	case target == "kit":
		return true
	case target == "testkit":
		return file.Test || from == "" // tests, and the programs of scripts/ that measure and break things
	default:
		return from == "seatflow" // the all-in-one program is the only one that knows services
	}
}

func importsWithin(t *Tree, found *problems) {
	for _, file := range t.Written() {
		name := service(file.Path)
		if name == "" || file.Test {
			continue
		}
		own := "services/" + name
		for imported, line := range file.Imports() {
			to, ok := strings.CutPrefix(imported, root+own)
			if !ok || to != "" && to[0] != '/' {
				continue
			}
			from := layer(strings.TrimPrefix(file.Dir(), own))
			if !layerMayImport(name, from, layer(to)) {
				found.add(file.Path, line, "%s must not import %s", from, layer(to))
			}
		}
	}
}

// layer names the part of a service that a folder (relative to the service, with a leading slash) belongs to.
func layer(dir string) string {
	parts := strings.Split(strings.TrimPrefix(dir, "/"), "/")
	switch {
	case parts[0] == "":
		return "service"
	case parts[0] == "internal" && len(parts) > 1:
		return parts[1]
	default:
		return parts[0]
	}
}

func layerMayImport(name, from, to string) bool {
	switch {
	case from == to:
		return true
	case from == "cmd":
		return to == "service" || name == "seatflow" || name == "partnersim"
	case to == "cmd" || to == "service":
		return from == "cmd"
	case from == "service" || !slices.Contains(layered, name):
		return true
	case from == "handlers" && to == "store":
		return true // routes.go gives the engine the tables of its aggregates
	default:
		return to == "domain" // what wraps the outside meets the rest only in service.go
	}
}
