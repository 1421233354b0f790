"""Names that JavaScript may use without declaring them: those of the language, browsers, Node.js and test runners."""

import re
from typing import Final

_LANGUAGE: Final = """
AggregateError Array ArrayBuffer AsyncDisposableStack
Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date
DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity
Int16Array
Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect
RegExp
Set
SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array
Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly arguments decodeURI decodeURIComponent encodeURI
encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape
"""
_WEB: Final = """
addEventListener alert atob blur btoa caches cancelAnimationFrame cancelIdleCallback
chrome browser clearInterval
clearTimeout close clients closed confirm console cookieStore createImageBitmap crypto customElements devicePixelRatio
dispatchEvent document event external fetch find focus frameElement frames getComputedStyle getSelection history
importScripts indexedDB innerHeight innerWidth isSecureContext launchQueue length localStorage location matchMedia
moveBy
moveTo name navigation navigator onerror onfetch onload onmessage open opener origin outerHeight outerWidth
pageXOffset
pageYOffset parent performance postMessage print prompt queueMicrotask registration removeEventListener reportError
requestAnimationFrame requestIdleCallback resizeBy resizeTo scheduler screen screenX screenY scroll scrollBy scrollTo
scrollX scrollY self sessionStorage setInterval setTimeout skipWaiting speechSynthesis status stop structuredClone top
trustedTypes visualViewport window Attr Audio Blob Clipboard Comment Cache Credential Crypto Document Element Event
File
Gamepad Geolocation Headers History Image Location Lock Node Notification Option Path2D Plugin Range Request Response
Screen Selection Storage Text Touch Worker Worklet Window XPathEvaluator XPathResult XSLTProcessor DOMParser
AbortController AbortSignal ClipboardItem CryptoKey EventSource EventTarget FormData Navigator NodeList NodeFilter
Observable PaymentRequest SubtleCrypto TextDecoder TextEncoder URL URLSearchParams URLPattern VideoFrame VideoEncoder
VideoDecoder VTTCue WritableStream XMLHttpRequest XMLSerializer
"""
_NODE: Final = """
Buffer __dirname __filename clearImmediate exports global module process require setImmediate Bun Deno
"""
_TESTS: Final = """
after afterAll afterEach assert before beforeAll beforeEach chai context cy Cypress describe expect expectTypeOf fail
fdescribe fit it jasmine jest mocha page pending QUnit should sinon specify spyOn suite suiteSetup suiteTeardown setup
teardown test vi xdescribe xit
"""
_KNOWN: Final = frozenset(f"{_LANGUAGE}{_WEB}{_NODE}{_TESTS}".split())

# Interfaces of the web platform begin with the name of their area.
_INTERFACE: Final = re.compile(
    r"(?:HTML|SVG|CSS|DOM|RTC|GPU|USB|HID|IDB|XR|WebGL|Audio|Media|Web|Service|Shared|Broadcast|Message|Mutation|Resize"
    r"|Intersection|Performance|Readable|Writable|Transform|Compression|Decompression|Byte|Count|Font|Speech|Push|Custom"
    r"|Animation|Keyboard|Mouse|Pointer|Drag|Touch|Wheel|Input|Focus|Storage|Progress|Close|Error|Promise|Page|Pop|Hash"
    r"|Composition|Clipboard|Transition|UI|Device|Image|Offscreen|Canvas|Character|Document|Shadow|Static|Named|Text|Tree"
    r"|View|Idle|Navigat|Network|Notification|Periodic|Permission|Presentation|Storage|Submit|Trusted|User|Validity|File"
    r"|Abort|Event|Screen|Background|Barcode|Battery|Biquad|Bluetooth|Channel|Constant|Convolver|Delay|Dynamics|Gain"
    r"|Oscillator|Panner|Periodic|Wave|Stereo|Extendable|Fetch|Form|Worker|Window|Report|Visual|Video|Async|Generator"
    r")[A-Z]\w*"
)

_MODULES: Final = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events
fs
http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib sqlite sea
"""
BUILT_IN_MODULES: Final = frozenset(_MODULES.split())


def is_predefined(name: str) -> bool:
    """Return whether a program may use a name without declaring it."""
    return name in _KNOWN or bool(_INTERFACE.fullmatch(name))
