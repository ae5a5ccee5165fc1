// Package checks holds the rules of the house as Go tests: what no compiler and no linter sees, because it is about the
// tree and not about one package.
//
// Model: [Load] reads a tree once (Go files as syntax, module files, texts); each rule in [Rules] is a pure function from
// that tree to problems, each with its place and with the reason in words. `make verify` runs every rule over the repository
// (TestRepository).
//
// Guarantee: a rule that cannot fail is no rule, so TestRulesCatch gives each of them small trees that break it and one that
// does not, and fails for a rule without both.
//
// Failures: a Go file that cannot be parsed and a module file that cannot be read are problems of the tree, found by Load.
// The rules read syntax only, no types. What they cannot see from that (a clock behind an interface, SQL joined from pieces)
// is left to review.
package checks
