// Package storm proves that Seatflow loses nothing and buys nothing twice while its processes die.
//
// Model: a Seatflow in processes (package split) takes orders by NATS and by HTTP, as impatient publishers and people send
// them: with keys, again and again until they are answered. Some orders need an admin, some are for a customer that the
// vendor does not know, some change the same subscriptions, some are faulty. The vendor is slow, closes connections and
// loses answers. Meanwhile every process of Seatflow, NATS and Postgres is killed (kill -9), or paused for longer than its
// lease, in an order that a seed decides. Then the load ends, everything comes to rest, and all that was promised is
// compared with what the order book, the streams, the journals, the mails and the vendor's ledger say.
//
// Guarantees: a run that finds nothing wrong had every process killed at least once, and every order answered. The seed
// gives the same orders and the same deaths again, though never at the same instant.
//
// Failures: whatever was promised and not kept is a finding in the [Report]; an error means that the run itself could not be
// done.
package storm
