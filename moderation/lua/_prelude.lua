-- Put before every script: the keys of a place, its two feeds, its ledger, its wall.
-- ARGV[1] is one JSON object of strings, numbers that fit a double, and lists; never null.

local a = cjson.decode(ARGV[1])

-- Keys.group() in keys.py passes these, in this order, for every place.
local HEAD, WALL_FEED, DESK_FEED, LEDGER, WALL = 0, 1, 2, 3, 4
local INDEX = {
  pending = 5, approved = 6, refused = 7, withdrawn = 8, erased = 9,
  aside = 10, consent = 11, second_opinion = 12,
}
local GROUP = 13

local function index(base, state, held)
  if state == 'pending' and held and held ~= '' then
    return KEYS[base + INDEX[held]]
  end
  return KEYS[base + INDEX[state]]
end

-- for i, base in each_place(first): where the keys of each place of the message begin.
local function each_place(first)
  local i = 0
  return function()
    i = i + 1
    if i <= a.count then
      return i, first + (i - 1) * GROUP
    end
  end
end

local function split(joined)
  local parts = {}
  for part in string.gmatch(joined or '', '%S+') do
    parts[#parts + 1] = part
  end
  return parts
end

-- The nonce of an entry chains those before it: two histories that differ anywhere below an offset
-- differ in the nonce at that offset, also when a lost call is repeated on a promoted replica.
local function append(base, kind, feed, what, id, version)
  local head = KEYS[base + HEAD]
  local offset = redis.call('HINCRBY', head, kind .. '_offset', 1)
  local before = redis.call('HGET', head, kind .. '_nonce') or ''
  local nonce = string.sub(redis.sha1hex(before .. ':' .. a.nonce .. ':' .. offset), 1, 16)
  redis.call('HSET', head, kind .. '_nonce', nonce)
  redis.call('XADD', KEYS[base + feed], 'MAXLEN', '~', a.keep, offset .. '-0',
    'n', nonce, 'what', what, 'id', id, 'tid', a.tid, 'v', version, 'at', a.now)
end

local function tell_desk(base, what, id, version)
  append(base, 'desk', DESK_FEED, what, id, version)
end

local function tell_screens(base, what, id, version)
  append(base, 'wall', WALL_FEED, what, id, version)
end

-- Brings the walls in line with their thread after a change. `hang` is set when the first message has just
-- become approved; its value is the card's rank.
local function settle(first, root_key, version, hang)
  local state = redis.call('HGET', root_key, 'state')
  for _, base in each_place(first) do
    local wall = KEYS[base + WALL]
    if hang then
      redis.call('ZADD', wall, hang, a.tid)
    end
    if state == 'approved' and redis.call('ZSCORE', wall, a.tid) then
      tell_screens(base, 'put', a.root, version)
    elseif state ~= 'approved' and redis.call('ZREM', wall, a.tid) == 1 then
      tell_screens(base, state == 'erased' and 'withdraw' or 'hide', a.root, version)
    end
  end
end

local function declared(m)
  local stars, kind = unpack(redis.call('HMGET', m, 'stars', 'kind'))
  if stars then
    return 'stars-' .. stars
  end
  return kind or 'none'
end

-- One public line: no text, no name. The secret salts what a sealer will chain later; it is not public.
local function enter(base, at, m, what, code, by, via)
  local number, arrivals, state, secret = unpack(redis.call('HMGET', m, 'number', 'arrivals', 'state', 'secret'))
  local seq = redis.call('HINCRBY', KEYS[base + HEAD], 'seq', 1)
  redis.call('XADD', KEYS[base + LEDGER], seq .. '-0', 'arrival', split(arrivals)[at], 'number', number,
    'at', a.now, 'what', what, 'code', code or '', 'state', state, 'declared', declared(m),
    'by', by or '', 'via', via, 'secret', secret)
end

-- Moves a message between the indexes of all its places.
local function move(first, id, number, state, held, to, to_held)
  for _, base in each_place(first) do
    redis.call('ZREM', index(base, state, held), id)
    redis.call('ZADD', index(base, to, to_held), number, id)
  end
end

-- What has not left yet, of the answers to a message that no longer hangs, does not leave.
local function cancel_replies(id, outbox, after, replies)
  for i, reply in ipairs(replies) do
    local r = KEYS[after + i]
    local message, delivery = unpack(redis.call('HMGET', r, 'message', 'delivery'))
    if message == id and delivery == 'queued' then
      redis.call('ZREM', outbox, reply)
      redis.call('HSET', r, 'delivery', 'cancelled')
    end
  end
end

local function write(key, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', key, unpack(flat))
end

-- With the item that it stands for, so that neither is saved without the other.
local function save_cursor(channel)
  if a.cursor then
    redis.call('HSET', channel, 'cursor', a.cursor)
  end
end

-- Whether one of these fields of the thread is no longer what the caller saw.
local function moved(t, ...)
  for i, now in ipairs(redis.call('HMGET', t, ...)) do
    local seen = a[select(i, ...)]
    if (now or '') ~= (type(seen) == 'table' and table.concat(seen, ' ') or seen) then
      return true
    end
  end
  return false
end

local function replay(answer)
  local known = redis.call('GET', answer)
  return known and {'OK', known}
end

local function remember(answer, version)
  redis.call('SET', answer, version, 'EX', 86400)
  return {'OK', version}
end

-- A row of the roster as the caller read it (a.before) may become a.after: nil. Else the word that says why not; OK: it
-- is that already.
local function standing(rows, id)
  local known = redis.call('HGET', rows, id)
  if not known then
    return 'MISSING'
  end
  if known == a.after then
    return 'OK'
  end
  if known ~= a.before then
    return 'AGAIN'
  end
end
