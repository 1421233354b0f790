const el = <div className='a' {...p} on={() => 1}>{list.map(x => <Item key={x}/>)} it's &amp; <></></div>
