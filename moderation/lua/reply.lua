-- reply: the place answers an approved message; the answer hangs at once and waits in the outbox.
-- KEYS: (answer), thread, the thread's first message, outbox, message, reply, the thread's other replies, places…
-- Answer: OK version, or MISSING, CONFLICT, AGAIN.
local t, root_key, outbox, m, r = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local first = 7 + #a.replies

if redis.call('EXISTS', r) == 1 then -- its id is made of the nonce, so that is the answer, also after a day
  return {'OK', redis.call('HGET', t, 'version')}
end
local state = redis.call('HGET', m, 'state')
if not state then
  return {'MISSING'}
end
if state ~= 'approved' then
  return {'CONFLICT'}
end
if moved(t, 'root') then
  return {'AGAIN'}
end

write(r, a.fields)
write(r, {id = a.reply, message = a.id, posted_at = a.now, delivery = a.due and 'queued' or 'none'})
if a.due then
  redis.call('ZADD', outbox, a.due, a.reply)
end
local replies = redis.call('HGET', t, 'replies')
redis.call('HSET', t, 'replies', replies and (replies .. ' ' .. a.reply) or a.reply)
redis.call('HDEL', m, 'undo') -- something followed
local version = redis.call('HINCRBY', t, 'version', 1)
for place, base in each_place(first) do
  enter(base, place, m, 'replied', nil, a.by, a.via)
  tell_desk(base, 'message.replied', a.id, version)
end
settle(first, root_key, version)
return {'OK', version}
