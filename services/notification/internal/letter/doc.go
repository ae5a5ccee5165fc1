// Package letter puts the mails of notification into words.
//
// Model: one plain text per [Kind], filled from [Facts]. Each letter says in its first line what happened, then the order,
// its lines, amount, requester and reason, and last what the reader can do: for admins the commands that decide. The words
// stand in page.go as Go: a letter is written for every order, and a template would cost most of the work for its mail.
//
// Guarantees: pure and total; the same facts give the same letter. Every fact is a stranger's text to this package: line
// breaks, other control characters and direction overrides are taken out and long texts are cut, so that no fact can
// pretend to be another line of the letter, such as a command. A fact that is absent leaves no empty line or label behind.
// A subject has one line of at most 200 characters.
//
// Failures: a kind outside the closed set is a fault of kind Internal. Nothing else fails. Amounts that are not decimal
// numbers are shown as they came.
package letter
