-- reply: the place answers an approved message; the answer hangs at once and waits in the outbox.
-- KEYS: answer, thread, the thread's first message, outbox, message, reply, places…
-- Answer: OK version, or MISSING, CONFLICT, AGAIN.
local answer, t, root_key, outbox, m, r = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local first = 7

local known = replay(answer)
if known then
  return known
end
local state = redis.call('HGET', m, 'state')
if not state then
  return {'MISSING'}
end
if state ~= 'approved' then
  return {'CONFLICT'}
end
if (redis.call('HGET', t, 'root') or '') ~= a.root then
  return {'AGAIN'}
end

local flat = {}
for name, value in pairs(a.fields) do
  flat[#flat + 1] = name
  flat[#flat + 1] = value
end
redis.call('HSET', r, 'id', a.reply, 'message', a.id, 'posted_at', a.now, 'delivery', a.due and 'queued' or 'none', unpack(flat))
if a.due then
  redis.call('ZADD', outbox, a.due, a.reply)
end
local replies = redis.call('HGET', t, 'replies')
redis.call('HSET', t, 'replies', replies and (replies .. ' ' .. a.reply) or a.reply)
redis.call('HDEL', m, 'undo') -- something followed
local version = redis.call('HINCRBY', t, 'version', 1)
local root_state = redis.call('HGET', root_key, 'state')
for place = 1, a.count do
  local base = first + (place - 1) * GROUP
  enter(base, place, m, 'replied', nil, a.by, a.via)
  tell_desk(base, 'message.replied', a.id, version)
  settle(base, a.root, root_state, version, nil)
end
return remember(answer, version)
