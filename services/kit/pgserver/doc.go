// Package pgserver runs a private Postgres server from the machine's own binaries, for trying Seatflow out, for tests and
// for measuring. It is not for production, where Postgres is run by whoever runs databases.
//
// Model: a [Server] is one postgres process on a folder: data/ (the cluster, made by initdb at the first start),
// postgres.log, and superuser.password, which only the folder's owner reads. The server listens on loopback and, if asked
// to, on a unix socket; every connection needs a password. Postgres refuses to run as root, so root runs it as the user
// postgres, or as whoever owns the folder.
//
// Guarantees: Start returns when the server takes connections, or with an error and nothing left running. A folder is
// used by one server at a time. Where the kernel offers it (Linux) the server dies with this process, even when that is
// killed; what a killed server leaves behind, the next Start repairs. An initdb that was interrupted starts over.
//
// Failures: no binaries on the machine is a fault of kind Unavailable that says how to get them; a folder in use is a
// Conflict; a server that does not come up is Unavailable with the end of its log as the cause.
package pgserver
