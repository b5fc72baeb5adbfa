// Package emulator is Azure DevOps, IoT Central and Microsoft Entra, faked with
// state, behind one loopback TLS port: for tests, demos and local trials. It
// keeps what it is given (a PAT that was minted works until it is revoked),
// refuses what the services refuse, and can be told to fail in all the ways a
// network can.
//
// It knows no other package of this module, so that what it holds a client to
// is the services' behaviour and not the client's own idea of it. It holds no
// real secret, listens on loopback only unless it is told the name that others
// use, and is not linked into azstep.
//
// Its memory is flat but for what callers create and do not remove: the request
// log is a ring of [Options.LogSize] entries, and old revoked PATs and deleted
// API tokens are forgotten.
//
// Microsoft's own clients have to be content with it: see test/clients, a module of
// its own.
//
// # Adding an API area
//
// Write a new file with the area's handlers and a function that returns its
// routes; name that function in [routes]; that is all the registration.
//
//   - A [route] has an [area] (which credentials and which shape of errors), a
//     method, a pattern whose {name} segments become [call.param], the scopes of
//     which a token needs one, and a handler.
//   - A route of Azure DevOps has a row in [locations], too, by which Microsoft's
//     clients find it, and which says what versions it has.
//   - A [handler] gets a [call] (who, organization, query, body, clock, state) and
//     returns a [reply]. It runs with the state's mutex held: it may read and
//     change the state freely and must do no I/O.
//   - State belongs in a field of [state], [organization] or [project]; what is
//     there at the start, in a field of the seed (seed.go, seed.yaml).
//   - In a project's areas, inProject finds the project and [contents] is what it
//     has; get and getBoth make the routes of lists. In IoT Central's, withRole.
//   - What the services do is often not documented. Say so beside the choice, and
//     where a client could come to depend on it, make it one of [Quirks].
//   - Answers: jsonReply, [call.vssError], [call.noProject], [call.iotError];
//     for lists [window] ($top, $skip), [continued] and [listReply].
package emulator
