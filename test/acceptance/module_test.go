package acceptance

import "os"

// root is the top of the module.
const root = "../.."

// module is what the program is built from.
const module = "github.com/azstep/azstep"

// manifest is action.yml; the tests that need it fail where it cannot be read.
var manifest, _ = os.ReadFile(root + "/action.yml")
