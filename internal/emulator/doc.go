// Package emulator emulates Azure DevOps, IoT Central and Microsoft Entra behind
// one TLS port on the loopback interface, for tests, demos and local trials. It has
// state (a PAT that was minted works until it is revoked), refuses what the services
// refuse, and can fail in every way in which a network can fail.
//
// It imports no other package of this module, so that it tests a client against the
// services' behavior and not against the client's own idea of it. It contains no
// real secret, listens only on loopback unless it has a name that others
// use, and is not linked into azstep.
//
// Its memory does not grow, except by what callers create and do not remove: the
// request log is a ring of [Options.LogSize] entries, and old revoked PATs and
// deleted API tokens are forgotten.
//
// Microsoft's own clients are tested against it in test/clients, a separate module.
//
// # Adding an API area
//
// Write a new file with the area's handlers and a function that returns its
// routes, and add that function to [routes]. Nothing else needs to be registered.
//
//   - A [route] has an [area] (which credentials and which shape of errors), a
//     method, a pattern whose {name} segments become [call.param], the scopes (a
//     token needs one of them), and a handler.
//   - A route of Azure DevOps also has a row in [locations], by which Microsoft's
//     clients find it, and which lists its versions.
//   - A [handler] gets a [call] (who, organization, query, body, clock, state) and
//     returns a [reply]. It runs with the state's mutex held: it may read and
//     change the state freely and must do no I/O.
//   - State belongs in a field of [state], [organization] or [project]; initial
//     state in a field of the seed (state_seed.go, seed.yaml).
//   - In areas of a project, use inProject to find the project; its [contents] hold
//     its resources, and get and getBoth make the routes of lists. In areas of IoT
//     Central, use withRole.
//   - The services' behavior is often not documented. Say so beside the choice, and
//     if a client could come to depend on it, make it one of [Quirks].
//   - Responses: jsonReply, [call.vssError], [call.noProject], [call.iotError];
//     for lists [window] ($top, $skip), [continued] and [listReply].
package emulator
