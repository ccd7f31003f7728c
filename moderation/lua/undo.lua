-- undo: a person takes back their own last decision, with all that the same step decided, if nothing followed.
-- KEYS: answer, thread, the thread's first message, outbox, (message, decisions) of each, the thread's replies, places…
-- Answer: OK version, or MISSING (nothing to undo), AGAIN.
local answer, t, root_key = KEYS[1], KEYS[2], KEYS[3]
local first = 5 + 2 * #a.ids + #a.replies

local known = replay(answer)
if known then
  return known
end
if moved(t, 'root') then
  return {'AGAIN'}
end

local function undoable(key)
  local state, revision, number, undo = unpack(redis.call('HMGET', key, 'state', 'revision', 'number', 'undo'))
  if not undo or undo == '' then
    return nil
  end
  local was = cjson.decode(undo)
  if was.by ~= a.actor or was.step ~= a.step or was.revision ~= revision then
    return nil
  end
  was.now, was.number = state, number
  return was
end

local before = {}
for i in ipairs(a.ids) do
  before[i] = undoable(KEYS[3 + 2 * i])
end
if not before[1] then -- the first is the one that was asked for; a companion that moved on stays
  return {'MISSING'}
end

local version = redis.call('HINCRBY', t, 'version', 1)
local hang = nil
for i, id in ipairs(a.ids) do
  local was = before[i]
  if was then
    local m = KEYS[3 + 2 * i]
    redis.call('HSET', m, 'state', was.state, 'held', was.held, 'masks', was.masks, 'mask_author', was.mask_author,
      'ruling', was.ruling)
    for _, name in ipairs({'decided_at', 'approved_at'}) do
      if was[name] == '' then
        redis.call('HDEL', m, name)
      else
        redis.call('HSET', m, name, was[name])
      end
    end
    redis.call('HDEL', m, 'undo')
    redis.call('RPUSH', KEYS[4 + 2 * i], cjson.encode({
      what = 'undo', by = a.actor, via = a.via, at = a.now, revision = was.revision, ruling = '', step = a.nonce,
    }))
    move(first, id, was.number, was.now, '', was.state, was.held)
    if id == a.root and was.state == 'approved' then
      hang = was.approved_at -- its old rank
    end
    for place, base in each_place(first) do
      enter(base, place, m, 'undone', nil, a.by, a.via)
      tell_desk(base, 'message.undone', id, version)
    end
  end
end

settle(first, root_key, version, hang)
return remember(answer, version)
